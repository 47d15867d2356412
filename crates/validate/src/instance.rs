//! Lets the `jsonschema` crate read a parsed document in place, without building a value of its own.

use std::borrow::Cow;

use contrail_model::{Elements, Kind, Members, Node};
use jsonschema::{
    JsonType,
    json::{Array, Json, JsonNumber, NodeIdentity, Object},
};
use serde_json::Value;

/// The representation: nodes of a [`contrail_model::Tree`].
#[derive(Debug)]
pub(crate) struct TreeJson;

/// A value in a document, or the name of a member.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instance<'a> {
    /// A value.
    Value(Node<'a>),
    /// A name.
    Name(&'a str),
}

impl<'a> Instance<'a> {
    fn node(self, kind: Kind) -> Option<Node<'a>> {
        match self {
            Self::Value(node) if node.kind() == kind => Some(node),
            _ => None,
        }
    }
}

impl Json for TreeJson {
    type Node<'a> = Instance<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    // A lookup walks the members, as one pass over all of them does.
    const KEYS_PER_LOOKUP: usize = 16;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), string: &str, read: impl FnOnce(Instance<'_>) -> T) -> T {
        read(Instance::Name(string))
    }
}

impl<'a> jsonschema::json::Node<'a, TreeJson> for Instance<'a> {
    type Object = ObjectNode<'a>;
    type Array = ArrayNode<'a>;
    type Number = Number<'a>;

    fn as_object(&self) -> Option<ObjectNode<'a>> {
        self.node(Kind::Object).map(ObjectNode)
    }

    fn as_array(&self) -> Option<ArrayNode<'a>> {
        self.node(Kind::Array).map(ArrayNode)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Value(node) => node.as_str(),
            Self::Name(name) => Some(Cow::Borrowed(name)),
        }
    }

    fn as_number(&self) -> Option<Number<'a>> {
        self.node(Kind::Number).and_then(Node::as_number).map(Number)
    }

    fn as_boolean(&self) -> Option<bool> {
        self.node(Kind::Bool).and_then(Node::as_bool)
    }

    fn is_null(&self) -> bool {
        self.node(Kind::Null).is_some()
    }

    fn json_type(&self) -> JsonType {
        match self {
            Self::Name(_) => JsonType::String,
            Self::Value(node) => match node.kind() {
                Kind::Null => JsonType::Null,
                Kind::Bool => JsonType::Boolean,
                Kind::Number => JsonType::Number,
                Kind::String => JsonType::String,
                Kind::Array => JsonType::Array,
                Kind::Object => JsonType::Object,
            },
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self, expected) {
            (Self::Value(node), Value::String(want)) => node.is_str(want),
            (Self::Name(name), Value::String(want)) => name == want,
            _ => jsonschema::json::cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self {
            Self::Value(node) => {
                serde_json::from_str(node.raw()).expect("a parsed value is JSON to serde_json too")
            }
            Self::Name(name) => Value::String((*name).to_owned()),
        })
    }

    /// None: a document cannot refer to itself, and its depth is bounded.
    fn identity(&self) -> Option<NodeIdentity> {
        None
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectNode<'a>(Node<'a>);

impl<'a> Object<'a, TreeJson> for ObjectNode<'a> {
    type Node = Instance<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = InstanceMembers<'a>;

    fn len(&self) -> usize {
        self.0.members().count()
    }

    fn get(&self, key: &Box<str>) -> Option<Instance<'a>> {
        self.0.get(key).map(Instance::Value)
    }

    fn members(&self) -> InstanceMembers<'a> {
        InstanceMembers(self.0.members())
    }
}

#[derive(Debug)]
pub(crate) struct InstanceMembers<'a>(Members<'a>);

impl<'a> Iterator for InstanceMembers<'a> {
    type Item = (Cow<'a, str>, Instance<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let member = self.0.next()?;
        Some((member.name.as_str().unwrap_or_default(), Instance::Value(member.value)))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrayNode<'a>(Node<'a>);

impl<'a> Array<'a, TreeJson> for ArrayNode<'a> {
    type Node = Instance<'a>;
    type ElementsIter = std::iter::Map<Elements<'a>, fn(Node<'a>) -> Instance<'a>>;

    fn len(&self) -> usize {
        self.0.elements().count()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.elements().map(Instance::Value)
    }
}

/// A number as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a>(&'a str);

impl JsonNumber for Number<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(serde_json::from_str(self.0).expect("a parsed number is one to serde_json too"))
    }
}

#[cfg(test)]
mod tests {
    use contrail_model::Tree;
    use jsonschema::json::conformance;

    use super::*;

    #[test]
    fn the_representation_keeps_the_contract_of_the_crate() {
        let text = conformance::document().to_string();
        let mut tree = Tree::default();
        tree.parse(text.as_bytes(), 0).unwrap();
        conformance::assert_conformance::<TreeJson>(&Instance::Value(tree.root(&text)));
    }
}
