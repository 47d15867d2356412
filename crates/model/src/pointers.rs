//! The JSON Pointers of nodes of one tree, found in one walk.

use crate::tree::{Kind, Node, push_token};

/// Finds the JSON Pointers (RFC 6901) that lead from a node to nodes within it.
///
/// It remembers where it stands, so that asking in ascending order of the nodes' numbers walks the
/// tree once, however many are asked for.
#[derive(Clone, Debug)]
pub struct Pointers<'t> {
    root: Node<'t>,
    path: String,
    /// The arrays and objects that the walk is in, from the outermost.
    open: Vec<Open>,
    /// How many values the walk has passed.
    #[cfg(test)]
    passed: usize,
}

/// An array or object that the walk is in.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its number, and the one behind its subtree.
    index: u32,
    end: u32,
    is_object: bool,
    /// How much of the path leads to it.
    length: usize,
    /// The number of the member's name, or of the element, at which the walk stands.
    at: u32,
    /// How many elements stand before that.
    count: u64,
}

impl<'t> Pointers<'t> {
    /// Pointers from this node.
    pub fn new(root: Node<'t>) -> Self {
        let mut pointers = Self {
            root,
            path: String::new(),
            open: Vec::new(),
            #[cfg(test)]
            passed: 0,
        };
        pointers.enter(root);
        pointers
    }

    /// The pointer to the node with this number, which must be the root's or of a node within it; for
    /// the name of a member, that to its value.
    pub fn to(&mut self, index: u32) -> &str {
        self.leave_to(index);
        while let Some(open) = self.open.last().copied() {
            self.path.truncate(open.length);
            if index <= open.index || open.end <= index || !self.step(index) {
                break;
            }
        }
        &self.path
    }

    /// Goes back to the innermost array or object that holds the node ahead of where the walk stands.
    fn leave_to(&mut self, index: u32) {
        while let Some(open) = self.open.last() {
            if (open.at <= index || open.index == index) && index < open.end {
                return;
            }
            self.open.pop();
        }
        self.path.clear();
        self.enter(self.root);
    }

    /// Goes to the member or element that holds the node. Whether the node lies deeper than that.
    fn step(&mut self, index: u32) -> bool {
        let Some(open) = self.open.last_mut() else { return false };
        let value_at = |at: u32| self.root.numbered(at + u32::from(open.is_object));
        let mut value = value_at(open.at);
        while value.end_index() <= index {
            open.at = value.end_index();
            open.count += 1;
            #[cfg(test)]
            {
                self.passed += 1;
            }
            value = value_at(open.at);
        }
        if open.is_object {
            let name = self.root.numbered(open.at).as_str();
            push_token(&mut self.path, &name.unwrap_or_default());
        } else {
            push_number(&mut self.path, open.count);
        }
        value.index() < index && self.enter(value)
    }

    /// Enters an array or object; false for any other value.
    fn enter(&mut self, node: Node<'t>) -> bool {
        let is_object = node.kind() == Kind::Object;
        if !is_object && node.kind() != Kind::Array {
            return false;
        }
        self.open.push(Open {
            index: node.index(),
            end: node.end_index(),
            is_object,
            length: self.path.len(),
            at: node.index() + 1,
            count: 0,
        });
        true
    }
}

fn push_number(path: &mut String, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
    }
    path.push('/');
    path.extend(digits[from..].iter().copied().map(char::from));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    const TEXT: &str = r#"{"a": [1, {"b/c": "x", "": {}}, []], "~": true, "a": [[2]], "n": [
        0,1,2,3,4,5,6,7,8,9,[10]]}"#;

    /// All nodes and their pointers, by walking the value.
    fn all(node: Node<'_>, path: &str, found: &mut Vec<(u32, String)>) {
        found.push((node.index(), path.to_owned()));
        for (count, element) in node.elements().enumerate() {
            all(element, &format!("{path}/{count}"), found);
        }
        let mut at = node.index() + 1;
        while node.kind() == Kind::Object && at < node.end_index() {
            let mut inner = path.to_owned();
            push_token(&mut inner, &node.numbered(at).as_str().unwrap());
            found.push((at, inner.clone()));
            all(node.numbered(at + 1), &inner, found);
            at = node.numbered(at + 1).end_index();
        }
    }

    #[test]
    fn all_are_found_in_one_walk() {
        let text = format!("[{}]", vec![r#"{"a":1}"#; 1_000].join(","));
        let mut tree = Tree::default();
        tree.parse(text.as_bytes(), 0).unwrap();
        let mut pointers = Pointers::new(tree.root(&text));
        (0..tree.root(&text).end_index()).for_each(|index| assert!(pointers.to(index).len() < 8));
        assert!(pointers.passed < 2_000, "{}", pointers.passed);
    }

    #[test]
    fn every_node_is_found_in_any_order() {
        let mut tree = Tree::default();
        tree.parse(TEXT.as_bytes(), 0).unwrap();
        let root = tree.root(TEXT);
        let mut want = Vec::new();
        all(root, "", &mut want);
        assert_eq!(want.len(), usize::try_from(root.end_index()).unwrap());
        let mut pointers = Pointers::new(root);
        for (index, pointer) in want.iter().chain(want.iter().rev()) {
            assert_eq!(pointers.to(*index), pointer);
            assert_eq!(pointers.to(*index), pointer);
        }
        for (index, pointer) in want.iter().step_by(3) {
            assert_eq!(pointers.to(*index), pointer);
            let (last, at_the_end) = want.last().unwrap();
            assert_eq!(pointers.to(*last), at_the_end);
        }
    }
}
