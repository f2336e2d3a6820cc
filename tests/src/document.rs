//! The Markdown pages of the repository: their headings, links and code blocks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A Markdown file.
pub struct Page {
    /// Its path in the repository.
    pub path: String,
    text: String,
}

/// A link or an image.
#[derive(Debug)]
pub struct Link {
    /// The target as written in the page.
    pub target: String,
    /// Line in the page.
    pub line: usize,
}

/// A code block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The first word after the backquotes; empty for an indented block.
    pub language: String,
    /// The words after the language.
    pub attributes: Vec<String>,
    /// The lines between the fences.
    pub text: String,
    /// Line of the first fence in the page.
    pub line: usize,
}

/// Attribute of a block that is run, but whose output differs from run to run, so that the page does not show it.
pub const VARIES: &str = "varies";

impl Block {
    /// Whether the block is run, or is the output of one that is.
    pub fn is_run(&self) -> bool {
        self.attributes.iter().all(|attribute| attribute == VARIES)
    }
}

/// A step of the test of a page; the steps have the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A code block.
    Block(Block),
    /// `<!-- hidden LANGUAGE`, a line break, code and `-->`: run, but not shown to readers.
    Hidden(Block),
    /// `<!-- new database -->`: the steps after it run in an empty database.
    NewDatabase,
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Markdown files of the repository, ordered by path.
///
/// # Panics
/// A folder cannot be read.
pub fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    find(&root(), "", &mut paths);
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

fn find(root: &Path, folder: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            // Skips build output, and folders such as .git.
            if name != "target" && !name.starts_with('.') {
                find(root, &path, paths);
            }
        } else if name.ends_with(".md") {
            paths.push(path);
        }
    }
}

impl Page {
    /// Reads a page by its path in the repository.
    ///
    /// # Panics
    /// It cannot be read.
    pub fn read(path: &str) -> Page {
        let text = std::fs::read_to_string(root().join(path))
            .unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        Page {
            path: path.to_owned(),
            text,
        }
    }

    /// A page with this text and without a path.
    pub fn of(text: &str) -> Page {
        Page {
            path: String::new(),
            text: text.to_owned(),
        }
    }

    /// The Markdown.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        Parser::new_ext(&self.text, options).into_offset_iter()
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text[..offset].matches('\n').count()
    }

    /// Levels and text of the headings, without markup.
    pub fn headings(&self) -> Vec<(HeadingLevel, String)> {
        let mut headings = Vec::new();
        let mut open: Option<(HeadingLevel, String)> = None;
        for (event, _) in self.events() {
            match (event, &mut open) {
                (Event::Start(Tag::Heading { level, .. }), _) => {
                    open = Some((level, String::new()));
                }
                (Event::End(TagEnd::Heading(_)), _) => headings.extend(open.take()),
                (Event::Text(text) | Event::Code(text), Some((_, heading))) => {
                    heading.push_str(&text);
                }
                _ => {}
            }
        }
        headings
    }

    /// The anchors of the headings, on GitHub and in the book.
    pub fn anchors(&self) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let headings = self.headings();
        let names = headings.iter().map(|(_, heading)| anchor(heading));
        names
            .map(|name| {
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                match *count {
                    1 => name,
                    more => format!("{name}-{}", more - 1),
                }
            })
            .collect()
    }

    /// Links and images.
    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (event, range) in self.events() {
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
                links.push(Link {
                    target: dest_url.into_string(),
                    line: self.line(range.start),
                });
            }
        }
        links
    }

    /// Code blocks and instructions to the test of the page.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut open: Option<Block> = None;
        let mut comment = None;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    open = Some(self.block(&info, range.start));
                }
                Event::End(TagEnd::CodeBlock) => steps.extend(open.take().map(Step::Block)),
                Event::Text(text) if open.is_some() => {
                    if let Some(block) = &mut open {
                        block.text.push_str(&text);
                    }
                }
                Event::Start(Tag::HtmlBlock) => comment = Some((String::new(), range.start)),
                Event::Html(text) => {
                    if let Some((html, _)) = &mut comment {
                        html.push_str(&text);
                    }
                }
                Event::End(TagEnd::HtmlBlock) => {
                    if let Some((html, start)) = comment.take() {
                        steps.extend(self.instruction(&html, start));
                    }
                }
                _ => {}
            }
        }
        steps
    }

    /// The text of the first code block that contains `part`.
    ///
    /// # Panics
    /// There is none.
    pub fn code_with(&self, part: &str) -> String {
        let found = self.steps().into_iter().find_map(|step| match step {
            Step::Block(block) if block.text.contains(part) => Some(block.text),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{} has no code with {part}", self.path))
    }

    fn instruction(&self, html: &str, start: usize) -> Option<Step> {
        let inside = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
        if inside.trim() == "new database" {
            return Some(Step::NewDatabase);
        }
        let (first, code) = inside.split_once('\n').unwrap_or((inside, ""));
        let language = first.trim().strip_prefix("hidden ")?;
        let mut block = self.block(language, start);
        block.text = code.to_owned();
        Some(Step::Hidden(block))
    }

    fn block(&self, info: &str, start: usize) -> Block {
        let mut words = info.split_whitespace().map(str::to_owned);
        Block {
            language: words.next().unwrap_or_default(),
            attributes: words.collect(),
            text: String::new(),
            line: self.line(start),
        }
    }
}

/// The anchor that GitHub and mdBook give to a heading: letters, digits, `-` and `_` in lower case, blanks as `-`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        '-' | '_' => Some(letter),
        letter if letter.is_whitespace() => Some('-'),
        letter => letter.is_alphanumeric().then_some(letter),
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A `b_c` & *d*\n\n[x](y.md#z) ![p](q.png)\n\n# A `b_c` & *d*\n\n```sh norun-build\nmake\n```\n\n    indented\n\n<!-- new database -->\n<!-- hidden sql\nselect 1;\n-->\n\n```sql\nselect 2;\n```\n";

    #[test]
    fn equal_headings_have_different_anchors() {
        assert_eq!(Page::of(PAGE).anchors(), ["a-b_c--d", "a-b_c--d-1"]);
    }

    #[test]
    fn links_and_images_are_found() {
        let links = Page::of(PAGE).links();
        let found: Vec<(&str, usize)> = links
            .iter()
            .map(|link| (&*link.target, link.line))
            .collect();
        assert_eq!(found, [("y.md#z", 3), ("q.png", 3)]);
    }

    #[test]
    fn steps_are_in_the_order_of_the_page() {
        let block = |language: &str, attributes: &[&str], text: &str, line| Block {
            language: language.to_owned(),
            attributes: attributes.iter().map(|word| (*word).to_owned()).collect(),
            text: text.to_owned(),
            line,
        };
        assert_eq!(
            Page::of(PAGE).steps(),
            [
                Step::Block(block("sh", &["norun-build"], "make\n", 7)),
                Step::Block(block("", &[], "indented\n", 11)),
                Step::NewDatabase,
                Step::Hidden(block("sql", &[], "select 1;\n", 14)),
                Step::Block(block("sql", &[], "select 2;\n", 18)),
            ]
        );
    }
}
