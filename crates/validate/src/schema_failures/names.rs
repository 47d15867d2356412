//! What is wrong with the names of one object's members.

use contrail_model::Node;

use super::Sites;
use crate::{
    defect::{Defects, What},
    rule::schema as rules,
    similar::{Folded, closest_of},
};

/// What a schema finds wrong with the names of an object.
#[derive(Debug)]
pub(crate) struct Names<'t> {
    pub(crate) object: Node<'t>,
    /// The schema of the object, by its number.
    pub(crate) site: u32,
    /// The numbers of the names that are missing.
    pub(crate) missing: Vec<u32>,
    /// The numbers of the nodes of the names that are not allowed.
    pub(crate) unknown: Vec<u32>,
}

impl<'t> Names<'t> {
    /// Adds a defect for each, but one alone for two that belong together.
    pub(crate) fn tell(mut self, sites: &Sites, defects: &mut Defects<'_>) {
        let mut missing: Vec<_> =
            self.missing.iter().map(|name| (*name, Folded::new(sites.name(*name)))).collect();
        let mut renamed = self.take_renamed(&mut missing);
        if sites.objects.get(self.site as usize).is_some_and(|object| object.is_open) {
            renamed.extend(self.take_slips(sites, &mut missing));
        }
        let site = self.site;
        for (name, node) in renamed {
            defects.push(node, &rules::MISSING_PROPERTY, What::Renamed { site, name });
        }
        for (name, _) in missing {
            defects.push(self.object.index(), &rules::MISSING_PROPERTY, What::Missing(name));
        }
        self.tell_unknown(sites, defects);
    }

    fn name(&self, node: u32) -> std::borrow::Cow<'t, str> {
        self.object.numbered(node).as_str().unwrap_or_default()
    }

    /// Pairs of a missing name and the node of the unknown one that stands for it.
    ///
    /// A single unknown name beside a single missing one is taken for it, however different.
    fn take_renamed(&mut self, missing: &mut Vec<(u32, Folded)>) -> Vec<(u32, u32)> {
        let mut renamed = Vec::new();
        if missing.is_empty() {
            return renamed;
        }
        let mut unknown = std::mem::take(&mut self.unknown);
        // Of two that are as alike the order of the members does not decide.
        unknown.sort_by(|one, other| self.name(*one).cmp(&self.name(*other)));
        unknown.retain(|node| {
            let known = missing.iter().map(|(_, folded)| folded).enumerate();
            let Some(at) = closest_of(&Folded::new(&self.name(*node)), known) else { return true };
            renamed.push((missing.remove(at).0, *node));
            false
        });
        if missing.len() == 1 && unknown.len() == 1 {
            renamed.extend(missing.pop().map(|(name, _)| name).zip(unknown.pop()));
        }
        self.unknown = unknown;
        renamed
    }

    /// Pairs of a missing name and the node of one of an open object's own names that is a slip for it.
    fn take_slips(&self, sites: &Sites, missing: &mut Vec<(u32, Folded)>) -> Vec<(u32, u32)> {
        let mut slips = Vec::new();
        if missing.is_empty() {
            return slips;
        }
        let properties = &sites.objects[self.site as usize].properties;
        let is_own = |name: &str| !properties.iter().any(|known| sites.name(*known) == name);
        let members = self.object.members().map(|member| member.name);
        let own = members.filter(|name| name.as_str().is_some_and(|name| is_own(&name)));
        let mut own: Vec<_> = own.map(Node::index).collect();
        // Of two that are as alike the order of the members does not decide.
        own.sort_by(|one, other| self.name(*one).cmp(&self.name(*other)));
        missing.retain(|(name, folded)| {
            let own = own.iter().map(|node| (*node, Folded::new(&self.name(*node))));
            match closest_of(folded, own) {
                Some(slip) => slips.push((*name, slip)),
                None => return true,
            }
            false
        });
        slips
    }

    fn tell_unknown(&self, sites: &Sites, defects: &mut Defects<'_>) {
        if self.unknown.is_empty() {
            return;
        }
        let free = self.free(sites);
        for &node in &self.unknown {
            let name = Folded::new(&self.name(node));
            let meant = closest_of(&name, free.iter().map(|(number, folded)| (*number, folded)));
            let what = What::Unknown { site: self.site, meant };
            defects.push(node, &rules::UNKNOWN_PROPERTY, what);
        }
    }

    /// The properties that the object does not have.
    fn free(&self, sites: &Sites) -> Vec<(u32, Folded)> {
        let Some(object) = sites.objects.get(self.site as usize) else { return Vec::new() };
        let mut free = object.properties.clone();
        for member in self.object.members() {
            if free.is_empty() {
                break;
            }
            free.retain(|number| !member.name.is_str(sites.name(*number)));
        }
        free.into_iter().map(|number| (number, Folded::new(sites.name(number)))).collect()
    }
}
