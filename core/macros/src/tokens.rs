//! Tokens: errors with a place, a cursor, and templates that keep the places of what is put in.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// What is wrong, and under which tokens the compiler says so.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) Span, pub(crate) String);

pub(crate) type Read<T> = Result<T, Wrong>;

/// An error under these tokens.
pub(crate) fn wrong<T>(span: Span, message: impl Into<String>) -> Read<T> {
    Err(Wrong(span, message.into()))
}

impl Wrong {
    /// `::core::compile_error! { "…" }`, under the tokens that are wrong.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let Self(span, message) = self;
        let colon = |spacing| TokenTree::from(Punct::new(':', spacing));
        let path = [colon(Spacing::Joint), colon(Spacing::Alone), Ident::new("core", span).into()];
        let path = path.into_iter().chain([colon(Spacing::Joint), colon(Spacing::Alone), Ident::new("compile_error", span).into()]);
        let text = Group::new(Delimiter::Brace, TokenTree::from(Literal::string(&message)).into());
        let call = [TokenTree::from(Punct::new('!', Spacing::Alone)), text.into()];
        path.chain(call)
            .map(|mut tree| {
                tree.set_span(span);
                tree
            })
            .collect()
    }
}

/// Tokens one after the other.
#[derive(Clone)]
pub(crate) struct Cursor {
    trees: Vec<TokenTree>,
    at: usize,
    /// Of what stands behind the last one.
    end: Span,
}

impl Cursor {
    pub(crate) fn new(stream: TokenStream, end: Span) -> Self {
        Self { trees: stream.into_iter().collect(), at: 0, end }
    }

    pub(crate) fn of(group: &Group) -> Self {
        Self::new(group.stream(), group.span_close())
    }

    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.trees.get(self.at)
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let tree = self.trees.get(self.at).cloned();
        self.at += usize::from(tree.is_some());
        tree
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.trees.len()
    }

    /// Of the next token.
    pub(crate) fn span(&self) -> Span {
        self.peek().map_or(self.end, TokenTree::span)
    }

    pub(crate) fn is_punct(&self, char: char) -> bool {
        matches!(self.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == char)
    }

    pub(crate) fn is_ident(&self, name: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(ident)) if ident.to_string() == name)
    }

    pub(crate) fn is_group(&self, delimiter: Delimiter) -> bool {
        matches!(self.peek(), Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
    }

    /// Whether `->` or `=>` is next.
    fn is_arrow(&self) -> bool {
        let Some(TokenTree::Punct(first)) = self.peek() else { return false };
        matches!(first.as_char(), '-' | '=')
            && first.spacing() == Spacing::Joint
            && matches!(self.trees.get(self.at + 1), Some(TokenTree::Punct(second)) if second.as_char() == '>')
    }

    pub(crate) fn take_punct(&mut self, char: char) -> bool {
        let is = self.is_punct(char);
        self.at += usize::from(is);
        is
    }

    pub(crate) fn take_ident(&mut self, name: &str) -> bool {
        let is = self.is_ident(name);
        self.at += usize::from(is);
        is
    }

    pub(crate) fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.at += 1;
                Some(group)
            }
            _ => None,
        }
    }

    pub(crate) fn ident(&mut self, what: &str) -> Read<Ident> {
        match self.peek() {
            Some(TokenTree::Ident(ident)) => {
                let ident = ident.clone();
                self.at += 1;
                Ok(ident)
            }
            _ => wrong(self.span(), format!("expected {what}")),
        }
    }

    /// What stands in front of the first token that `ends` says is behind it, outside of angle brackets.
    pub(crate) fn until(&mut self, ends: impl Fn(&Self) -> bool) -> TokenStream {
        let (begin, mut depth) = (self.at, 0_usize);
        while !self.is_empty() && (depth > 0 || !ends(self)) {
            if self.is_arrow() {
                self.at += 1;
            } else if self.is_punct('<') {
                depth += 1;
            } else if self.is_punct('>') {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            }
            self.at += 1;
        }
        self.trees.get(begin..self.at).unwrap_or_default().iter().cloned().collect()
    }
}

/// The only token, also where a macro put it in invisible braces.
pub(crate) fn only(stream: TokenStream) -> Option<TokenTree> {
    let mut trees = stream.into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => only(group.stream()),
        (tree, None) => tree,
        _ => None,
    }
}

/// All identifiers, however deep.
pub(crate) fn idents(stream: TokenStream) -> Vec<Ident> {
    stream
        .into_iter()
        .flat_map(|tree| match tree {
            TokenTree::Ident(ident) => vec![ident],
            TokenTree::Group(group) => idents(group.stream()),
            _ => Vec::new(),
        })
        .collect()
}

pub(crate) fn joined<'a>(streams: impl IntoIterator<Item = &'a TokenStream>) -> TokenStream {
    streams.into_iter().flat_map(|stream| stream.clone().into_iter().chain([comma()])).collect()
}

fn comma() -> TokenTree {
    Punct::new(',', Spacing::Alone).into()
}

/// A text as tokens.
pub(crate) fn parsed(text: &str) -> TokenStream {
    // The texts are those of this crate and names of the input.
    text.parse().unwrap_or_else(|error| Wrong(Span::call_site(), format!("{error}: {text}")).into_tokens())
}

/// The tokens at the place of the first name of `other`.
pub(crate) fn placed(tokens: TokenStream, other: &TokenStream) -> TokenStream {
    let first = other.clone().into_iter().find(|tree| !matches!(tree, TokenTree::Punct(_)));
    let span = first.map_or_else(Span::call_site, |tree| tree.span());
    let at = |mut tree: TokenTree| {
        if let TokenTree::Group(group) = &tree {
            tree = Group::new(group.delimiter(), placed(group.stream(), other)).into();
        }
        tree.set_span(tree.span().located_at(span));
        tree
    };
    tokens.into_iter().map(at).collect()
}

pub(crate) fn string(text: &str) -> TokenStream {
    TokenTree::from(Literal::string(text)).into()
}

/// The template with `$name` replaced by what stands under that name, with the places that it had.
pub(crate) fn filled(template: &str, parts: &[(&str, &TokenStream)]) -> TokenStream {
    fill(parsed(template), parts)
}

fn fill(stream: TokenStream, parts: &[(&str, &TokenStream)]) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), fill(group.stream(), parts));
                inner.set_span(group.span());
                filled.extend([TokenTree::from(inner)]);
            }
            TokenTree::Punct(punct) if punct.as_char() == '$' => {
                let name = trees.next().map(|tree| tree.to_string()).unwrap_or_default();
                let part = parts.iter().find(|(own, _)| *own == name);
                filled.extend(part.map_or_else(|| parsed(&name), |(_, part)| (*part).clone()));
            }
            other => filled.extend([other]),
        }
    }
    filled
}
