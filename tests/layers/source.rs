//! What a source file names, hands on and makes public, read by `syn`. Tests are left out: they look into anything.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemUse, Macro, UseTree, Visibility};

/// A place, as the modules and the item in its path from the root of its crate.
pub type Path = Vec<String>;

/// What a file of a module says about other modules.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// What it names, by imports, by paths anywhere, and by paths in what it gives to macros.
    pub names: BTreeSet<Path>,
    /// What it hands on from modules below it: the name here, and the place that it comes from.
    pub exports: Vec<(String, Path)>,
    /// Its macros that the whole crate has at the root.
    pub macros: Vec<String>,
}

impl Source {
    /// Reads the file of a module.
    pub fn read(module: &[&str], items: &[Item]) -> Self {
        let mut reader = Reader { here: module.iter().map(|part| (*part).to_owned()).collect(), ..Reader::default() };
        reader.declare(items);
        items.iter().for_each(|item| reader.visit_item(item));
        reader.source
    }
}

/// Whether an item is compiled for tests only.
pub fn is_test(attributes: &[Attribute]) -> bool {
    let cfg = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    cfg.filter_map(|attribute| attribute.meta.require_list().ok()).any(|list| {
        let tokens = list.tokens.clone().into_iter().collect::<Vec<_>>();
        let word = |tokens: &[TokenTree], at: usize, name: &str| matches!(tokens.get(at), Some(TokenTree::Ident(word)) if *word == name);
        let all = match tokens.get(1) {
            Some(TokenTree::Group(group)) if word(&tokens, 0, "all") => group.stream().into_iter().collect(),
            _ => Vec::new(),
        };
        (word(&tokens, 0, "test") && tokens.len() == 1) || (0..all.len()).any(|at| word(&all, at, "test"))
    })
}

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The leaves of a `use`: each with its path and the name that it gets.
pub fn leaves(tree: &UseTree, before: &[String], found: &mut Vec<(Path, String)>) {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), found),
        UseTree::Name(name) if name.ident == "self" => found.push((before.to_vec(), before.last().cloned().unwrap_or_default())),
        UseTree::Name(name) => found.push((with(&name.ident), name.ident.to_string())),
        UseTree::Rename(name) => found.push((with(&name.ident), name.rename.to_string())),
        UseTree::Glob(_) => found.push(([before, &["*".to_owned()]].concat(), "*".to_owned())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, found)),
    }
}

#[derive(Default)]
struct Reader {
    /// The module that is read, which may be one within the file.
    here: Path,
    /// Names of the module that stand for places of the crate: its own modules, and what it imports.
    known: BTreeMap<String, Path>,
    source: Source,
}

impl Reader {
    /// Learns the names that items of one module bring into it.
    fn declare(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            if let Item::Mod(module) = item {
                let name = module.ident.to_string();
                self.known.insert(name.clone(), [self.here.clone(), vec![name]].concat());
            }
        }
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            if let Item::Use(import) = item {
                self.import(import);
            }
        }
    }

    /// The place that a path means, if it is in this crate.
    fn place(&self, path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Path::new(),
            "self" => self.here.clone(),
            "super" => self.here[..self.here.len().checked_sub(1)?].to_vec(),
            name => self.known.get(name)?.clone(),
        };
        for part in rest {
            match part.as_str() {
                "self" => {}
                "super" => drop(place.pop()),
                part => place.push(part.to_owned()),
            }
        }
        Some(place)
    }

    fn note(&mut self, path: &[String]) {
        // A word alone is a variable, or what an import has named already.
        if path.len() > 1 {
            self.source.names.extend(self.place(path));
        }
    }

    fn import(&mut self, import: &ItemUse) {
        let mut found = Vec::new();
        leaves(&import.tree, &[], &mut found);
        for (path, name) in found {
            let Some(place) = self.place(&path) else { continue };
            if name != "*" {
                self.known.insert(name.clone(), place.clone());
            }
            let is_below = place.len() > self.here.len() && place.starts_with(&self.here);
            if is_below && !matches!(import.vis, Visibility::Inherited) {
                self.source.exports.push((name, place));
            } else {
                self.source.names.insert(place);
            }
        }
    }

    /// What is given to a macro is words; paths in it look like paths elsewhere.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens = tokens.into_iter().collect::<Vec<_>>();
        let is = |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                // Not `$crate`, which is an expansion in another program.
                TokenTree::Ident(_) if at > 0 && (is(at - 1, '$') || is(at - 1, '.')) => {}
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while is(at + 1, ':') && is(at + 2, ':') {
                        match tokens.get(at + 3) {
                            Some(TokenTree::Ident(part)) => path.push(part.to_string()),
                            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => self.branches(&path, group.stream()),
                            _ => break,
                        }
                        at += 3;
                    }
                    self.note(&path);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// `{A, B}` at the end of a path in a macro.
    fn branches(&mut self, path: &[String], tokens: TokenStream) {
        let parser = syn::punctuated::Punctuated::<UseTree, syn::Token![,]>::parse_terminated;
        let mut found = Vec::new();
        for tree in syn::parse::Parser::parse2(parser, tokens).into_iter().flatten() {
            leaves(&tree, path, &mut found);
        }
        found.iter().for_each(|(path, _)| self.note(path));
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            item if is_test(attributes(item)) => {}
            Item::Mod(module) => {
                let Some((_, items)) = &module.content else { return };
                let inner = [self.here.clone(), vec![module.ident.to_string()]].concat();
                let outer = (std::mem::replace(&mut self.here, inner), std::mem::take(&mut self.known));
                self.declare(items);
                visit::visit_item(self, item);
                (self.here, self.known) = outer;
            }
            Item::Macro(item) if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) => {
                self.source.macros.extend(item.ident.iter().map(ToString::to_string));
                self.visit_macro(&item.mac);
            }
            item => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    /// Those of a module are known; those of a function come here first.
    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.import(import);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.note(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
    }

    /// `pub(in crate::x)` names nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
