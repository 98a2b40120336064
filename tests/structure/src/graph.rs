//! Who uses whom, among the children of one module.

use std::collections::{BTreeMap, BTreeSet};

/// For each module, those that it uses, with the first use as a reason.
pub type Graph = BTreeMap<String, BTreeMap<String, (String, String)>>;

/// The graph of the children of each parent: one uses another where anything in the one uses anything in the other.
fn families(uses: &[(String, String)]) -> BTreeMap<String, Graph> {
    let mut families: BTreeMap<String, Graph> = BTreeMap::new();
    for (from, to) in uses {
        let (from_names, to_names) = (names(from), names(to));
        let common = from_names
            .iter()
            .zip(&to_names)
            .take_while(|(a, b)| a == b)
            .count();
        // One is an ancestor of the other.
        if common == from_names.len() || common == to_names.len() {
            continue;
        }
        let family = families.entry(from_names[..common].join("::")).or_default();
        let user = family.entry(from_names[common].to_owned()).or_default();
        let used = user.entry(to_names[common].to_owned());
        used.or_insert_with(|| (from.clone(), to.clone()));
    }
    families
}

fn names(path: &str) -> Vec<&str> {
    path.split("::").filter(|name| !name.is_empty()).collect()
}

/// The groups of siblings of which each uses, by itself or through others, each other, with the uses that make them.
#[must_use]
pub fn circles(uses: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (parent, graph) in families(uses) {
        let mut seen = BTreeSet::new();
        for module in graph.keys() {
            let reached = reached_from(&graph, module);
            let circle: BTreeSet<_> = reached
                .iter()
                .filter(|other| reached_from(&graph, other).contains(module))
                .cloned()
                .collect();
            if !circle.is_empty() && seen.insert(circle.clone()) {
                found.push(describe(&parent, &graph, &circle));
            }
        }
    }
    found
}

fn reached_from(graph: &Graph, module: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![module.to_owned()];
    while let Some(module) = next.pop() {
        for used in graph.get(&module).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    reached
}

fn describe(parent: &str, graph: &Graph, circle: &BTreeSet<String>) -> String {
    let mut text = format!("in `{parent}`: {circle:?}\n");
    for module in circle {
        for (used, (from, to)) in &graph[module] {
            if circle.contains(used) {
                text += &format!("    {module} -> {used}: {from} uses {to}\n");
            }
        }
    }
    text
}
