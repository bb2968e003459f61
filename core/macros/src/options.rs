//! `#[label(…)]`: what a derive is told.

use proc_macro::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::rename;
use crate::tokens::{Cursor, Read, only, parsed, wrong};

/// What the attribute stands in front of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    Item,
    Field,
    Variant,
}

impl Spot {
    const fn keys(self) -> &'static str {
        match self {
            Self::Item => "`rename_all = \"…\"` and `crate = …`",
            Self::Field => "`rename = \"…\"`, `utf8`, `with = …` and `skip`",
            Self::Variant => "`rename = \"…\"`",
        }
    }
}

/// All that was said, each with its place.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) rename: Option<(Span, String)>,
    pub(crate) rename_all: Option<(Span, String)>,
    pub(crate) with: Option<(Span, TokenStream)>,
    pub(crate) own_crate: Option<(Span, TokenStream)>,
    pub(crate) skip: Option<(Span, ())>,
    pub(crate) utf8: Option<(Span, ())>,
}

impl Options {
    /// Reads all attributes in front of something, also those of others.
    pub(crate) fn read(tokens: &mut Cursor, spot: Spot) -> Read<Self> {
        let mut options = Self::default();
        while tokens.take_punct('#') {
            let Some(attribute) = tokens.take_group(Delimiter::Bracket) else { continue };
            let mut attribute = Cursor::of(&attribute);
            let span = attribute.span();
            if attribute.take_ident("label") {
                let Some(list) = attribute.take_group(Delimiter::Parenthesis) else {
                    return wrong(span, format!("expected `#[label(…)]` with {}", spot.keys()));
                };
                options.read_list(&mut Cursor::of(&list), spot)?;
            }
        }
        Ok(options)
    }

    fn read_list(&mut self, list: &mut Cursor, spot: Spot) -> Read<()> {
        while !list.is_empty() {
            let key = list.ident(spot.keys())?;
            let span = key.span();
            let value = list.take_punct('=').then(|| list.until(|list| list.is_punct(',')));
            if !list.is_empty() && !list.take_punct(',') {
                return wrong(list.span(), "expected a comma");
            }
            match (&*key.to_string(), spot) {
                ("rename", Spot::Field | Spot::Variant) => once(&mut self.rename, &key, text(&key, value)?)?,
                ("rename_all", Spot::Item) => {
                    let (span, rule) = text(&key, value)?;
                    if rename::variant("", &rule).is_none() {
                        return wrong(span, format!("there is no rule {rule:?}: the rules are {}", rename::RULES));
                    }
                    once(&mut self.rename_all, &key, (span, rule))?;
                }
                ("with", Spot::Field) => once(&mut self.with, &key, (span, path(&key, value)?))?,
                ("crate", Spot::Item) => once(&mut self.own_crate, &key, (span, path(&key, value)?))?,
                ("skip", Spot::Field) if value.is_none() => once(&mut self.skip, &key, (span, ()))?,
                ("utf8", Spot::Field) if value.is_none() => once(&mut self.utf8, &key, (span, ()))?,
                _ => return wrong(span, format!("`{key}` is not known here: there is {}", spot.keys())),
            }
        }
        Ok(())
    }
}

fn once<T>(place: &mut Option<T>, key: &Ident, value: T) -> Read<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => wrong(key.span(), format!("`{key}` is given twice")),
    }
}

/// The string behind `key =`.
fn text(key: &Ident, value: Option<TokenStream>) -> Read<(Span, String)> {
    let tree = value.and_then(only);
    let span = tree.as_ref().map_or(key.span(), TokenTree::span);
    match tree.and_then(|tree| rename::unquoted(&tree.to_string())) {
        Some(text) => Ok((span, text)),
        None => wrong(span, format!("expected a string: `{key} = \"…\"`")),
    }
}

/// The path behind `key =`, also one in quotes.
fn path(key: &Ident, value: Option<TokenStream>) -> Read<TokenStream> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return wrong(key.span(), format!("expected a path: `{key} = …`"));
    };
    match only(value.clone()).and_then(|tree| rename::unquoted(&tree.to_string())) {
        Some(text) => Ok(parsed(&text)),
        None => Ok(value),
    }
}
