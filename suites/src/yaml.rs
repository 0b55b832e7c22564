//! YAML as a tree in which every key and value has its place.
//!
//! Suites use the plain part of YAML 1.2: one document, keys that are text, the core schema. Anchors, aliases, merge
//! keys and tags are refused: a value that stands where it is used can be read, underlined and not blown up.

mod de;
mod scalar;
mod syntax;

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::Number;
use serde_saphyr::granit_parser::{self, Event, Marker, Parser, ScalarStyle, Span, StrInput};

use crate::diagnostic::Diagnostic;
use crate::position::{At, Position};

pub(crate) use de::PLACED;

/// Most collections inside each other.
const MAX_DEPTH: usize = 64;
/// Most values in a file.
const MAX_NODES: usize = 200_000;

/// A value in a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, and how it is written.
    Number(Number, String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<At<Self>>),
    /// A mapping in the order of the file.
    Map(Vec<(At<String>, At<Self>)>),
}

impl Tree {
    /// What it is, in a word or two.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(..) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// A mistake that was found while reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where; line 0 when unknown.
    pub(crate) at: Position,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// As it is shown.
    pub(crate) fn in_file(self, path: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(path, self.at, self.message);
        match self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

/// Reads a file. Mistakes after which the rest can still be read (a key given twice) are added to `mistakes`.
pub(crate) fn parse(text: &str, mistakes: &mut Vec<Mistake>) -> Result<At<Tree>, Mistake> {
    if let Some(offset) = text.find('\0') {
        let message = "there is a NUL byte in the file";
        return Err(Mistake::new(position_at(text, offset, 1), message).hint("a suite is plain text in UTF-8"));
    }
    // Another user of the parser may have switched comments on for the whole program.
    let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder { text, lines: Lines::new(text), parser, nodes: 0, open: Vec::new(), mistakes };
    builder.document()
}

/// Makes a typed value of a tree.
pub(crate) fn typed<T: DeserializeOwned>(tree: &At<Tree>) -> Result<T, Mistake> {
    T::deserialize(de::Value(tree))
}

struct Builder<'a> {
    text: &'a str,
    lines: Lines<'a>,
    parser: Parser<'a, StrInput<'a>>,
    nodes: usize,
    /// Where the collections begin that are being read.
    open: Vec<Position>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Anchor(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => return Err(syntax::explain(self.text, &error, &self.open)),
                None => return Ok((Event::StreamEnd, Span::default())),
            }
        }
    }

    fn document(&mut self) -> Result<At<Tree>, Mistake> {
        let empty = || {
            Mistake::new(position_at(self.text, 0, 1), "the file is empty")
                .hint("a suite begins with `suite:`, `about:` and `cases:`")
        };
        let root = loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => return Err(empty()),
                (event, span) => break self.node(event, span, 0)?,
            }
        };
        if root.value == Tree::Null {
            return Err(empty());
        }
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentStart(..), span) => {
                    return Err(Mistake::new(self.position(span), "a second document begins here")
                        .hint("write one file for each; take out the `---`"));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<At<Tree>, Mistake> {
        let at = self.position(span);
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Mistake::new(at, format!("the file has more than {MAX_NODES} values"))
                .hint("one file is one topic; large content is made by a fixture, e.g. `random: 1048576`"));
        }
        if depth > MAX_DEPTH {
            return Err(Mistake::new(at, format!("more than {MAX_DEPTH} collections stand inside each other"))
                .hint("is a bracket never closed? What a case needs is never that deep"));
        }
        self.open.truncate(depth);
        self.open.push(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                let value = if style == ScalarStyle::Plain { scalar::resolve(&text) } else { Tree::Text(text.into()) };
                Ok(At { value, at })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => return Ok(self.collection(Tree::List(list), span, end)),
                        (event, span) => list.push(self.node(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(_, anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                self.mapping(span, depth)
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => Err(Mistake::new(at, "an alias (`*name`) stands here")
                .hint("suites have no anchors and aliases; write the value out, or quote a text that begins with `*`")),
            _ => Err(Mistake::new(at, "a value is missing here").hint("write one")),
        }
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<At<Tree>, Mistake> {
        let mut map: Vec<(At<String>, At<Tree>)> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, key_span) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(self.collection(Tree::Map(map), span, key_span)),
                Event::Scalar(text, _, anchor, tag) => {
                    let at = self.position(key_span);
                    self.plain(at, anchor, tag.is_some())?;
                    At { value: text.into_owned(), at }
                }
                Event::Alias(_) => self.node(event, key_span, depth).map(|_| At::default())?,
                _ => {
                    let mistake = Mistake::new(self.position(key_span), "a key has to be text");
                    return Err(mistake.hint("quote a key that begins with `{` or `[`"));
                }
            };
            if key.value == "<<" {
                return Err(Mistake::new(key.at, "`<<` merges nothing here").hint("write the keys out"));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if let Some(first) = lines.get(&key.value) {
                let message = format!("the key `{}` is given twice", key.value);
                self.mistakes.push(Mistake::new(key.at, message).hint(format!("it was given on line {first} before")));
            } else {
                lines.insert(key.value.clone(), key.at.line);
                map.push((key, value));
            }
        }
    }

    /// Refuses anchors and tags, which stand before their value.
    fn plain(&self, at: Position, anchor: usize, tag: bool) -> Result<(), Mistake> {
        let mark = |mark: char| {
            let before = self.text.get(..at.offset).unwrap_or_default();
            before.rfind(mark).map_or(at, |start| position_at(self.text, start, before[start..].trim_end().len()))
        };
        if anchor != 0 {
            return Err(Mistake::new(mark('&'), "an anchor (`&name`) stands before a value").hint(
                "suites have no anchors and aliases; write the value out, or quote a text that begins with `&`",
            ));
        }
        if tag {
            return Err(Mistake::new(mark('!'), "a tag (`!name`) stands before a value")
                .hint("suites have no tags; quote a text that begins with `!`"));
        }
        Ok(())
    }

    /// A collection covers everything from its first to its last character.
    fn collection(&self, value: Tree, start: Span, end: Span) -> At<Tree> {
        let mut at = self.position(start);
        let end = offset_of(self.text, &end.end).min(self.text.len());
        let covered = self.text.get(at.offset..end).unwrap_or_default();
        at.len = covered.trim_end().len();
        At { value, at }
    }

    fn position(&self, span: Span) -> Position {
        let (start, end) = (offset_of(self.text, &span.start), offset_of(self.text, &span.end));
        self.lines.position(start, end.saturating_sub(start))
    }
}

/// The offset of a marker in bytes.
fn offset_of(text: &str, marker: &Marker) -> usize {
    let by_characters = || text.char_indices().nth(marker.index()).map_or(text.len(), |(offset, _)| offset);
    marker.byte_offset().unwrap_or_else(by_characters)
}

/// Where the lines of a text begin. The parser's own count is not used: it also ends a line at a lone carriage return,
/// which nothing else does that shows a text.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self { text, starts }
    }

    fn position(&self, offset: usize, len: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        Position { line, column: self.text[start..offset].chars().count() + 1, offset, len }
    }
}

/// The position of a byte of a text.
pub(crate) fn position_at(text: &str, offset: usize, len: usize) -> Position {
    Lines::new(text).position(offset, len)
}

#[cfg(test)]
mod tests;
