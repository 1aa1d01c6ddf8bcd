//! Drawing on a page, so that everything drawn is either tagged with what it is or marked as decoration.

use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::outline::{Outline, OutlineNode};
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::TextDirection;

use super::fonts::{Fonts, Typeface};

/// A4, in points.
pub const PAGE_HEIGHT: f32 = 842.0;
pub const LEFT: f32 = 57.0;
pub const RIGHT: f32 = 595.0 - LEFT;
pub const WIDTH: f32 = RIGHT - LEFT;

/// Colours that stay apart when printed in grey.
#[derive(Clone, Copy)]
pub enum Colour {
    Ink,
    Quiet,
    Accent,
    Line,
    Soft,
    Paper,
}

impl Colour {
    fn fill(self) -> Fill {
        let (red, green, blue) = match self {
            Self::Ink => (0x1c, 0x1c, 0x1c),
            Self::Quiet => (0x55, 0x55, 0x55),
            Self::Accent => (0x1d, 0x4f, 0x7c),
            Self::Line => (0xc4, 0xcb, 0xd3),
            Self::Soft => (0xee, 0xf2, 0xf6),
            Self::Paper => (0xff, 0xff, 0xff),
        };
        Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
    }
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Style {
    pub size: f32,
    pub is_bold: bool,
    pub colour: Colour,
}

impl Style {
    pub const fn of(size: f32) -> Self {
        Self { size, is_bold: false, colour: Colour::Ink }
    }

    pub const fn bold(self) -> Self {
        Self { is_bold: true, ..self }
    }

    pub const fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub fn face(self, fonts: &Fonts) -> &Typeface {
        if self.is_bold { &fonts.bold } else { &fonts.regular }
    }

    pub fn leading(self) -> f32 {
        self.size * 1.4
    }
}

/// Which side of a text its place is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

pub struct Canvas<'a, 's> {
    pub surface: &'a mut Surface<'s>,
    pub fonts: &'a Fonts,
    pub outline: &'a mut Outline,
    /// Counted from 0.
    pub page: usize,
}

impl Canvas<'_, '_> {
    /// A line of text with its base line at `y`.
    pub fn text(&mut self, x: f32, y: f32, anchor: Anchor, text: &str, style: Style) -> Identifier {
        let identifier = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        self.letters(x, y, anchor, text, style);
        self.surface.end_tagged();
        identifier
    }

    /// The same as a part of what is tagged already.
    pub fn letters(&mut self, x: f32, y: f32, anchor: Anchor, text: &str, style: Style) {
        let face = style.face(self.fonts);
        let text = face.writable(text);
        let width = face.width(&text, style.size);
        let left = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::Right => x - width,
        };
        self.surface.set_fill(Some(style.colour.fill()));
        let start = Point::from_xy(left, y);
        self.surface.draw_text(start, face.font.clone(), style.size, &text, false, TextDirection::Auto);
    }

    /// Nothing is drawn where there is nothing to see.
    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        let Some(area) = Rect::from_xywh(x, y, width, height) else { return };
        let mut builder = PathBuilder::new();
        builder.push_rect(area);
        let Some(path) = builder.finish() else { return };
        self.surface.set_fill(Some(colour.fill()));
        self.surface.draw_path(&path);
    }

    /// What is drawn here says nothing that is not said elsewhere.
    pub fn decoration(&mut self, kind: ArtifactType, draw: impl FnOnce(&mut Self)) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
        draw(self);
        self.surface.end_tagged();
    }

    /// What is drawn here is one picture.
    pub fn picture(&mut self, draw: impl FnOnce(&mut Self)) -> Identifier {
        let identifier = self.surface.start_tagged(ContentTag::Other);
        draw(self);
        self.surface.end_tagged();
        identifier
    }

    /// A reader can jump to here.
    pub fn mark(&mut self, title: &str, y: f32) {
        let place = XyzDestination::new(self.page, Point::from_xy(0.0, y));
        self.outline.push_child(OutlineNode::new(title.to_owned(), place));
    }
}
