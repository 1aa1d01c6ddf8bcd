//! What both kinds of spreadsheet need of XML. No entity is followed but those that XML itself has.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::SheetError;

/// The next event; nothing after the end.
pub fn next<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Option<Event<'a>>, SheetError> {
    match reader.read_event().map_err(|_| SheetError::Damaged)? {
        Event::Eof => Ok(None),
        event => Ok(Some(event)),
    }
}

/// An element that is empty is told as one that begins and ends.
pub fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader
}

pub fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

/// Add what an event says to a text; events that say nothing add nothing.
pub fn say(event: &Event, text: &mut String) -> Result<(), SheetError> {
    match event {
        Event::Text(said) => text.push_str(&said.xml10_content()),
        Event::CData(said) => text.push_str(&said.xml10_content()),
        Event::GeneralRef(named) => text.push(sign(named)?),
        _ => {}
    }
    Ok(())
}

fn sign(named: &BytesRef) -> Result<char, SheetError> {
    if let Some(sign) = named.resolve_char_ref().map_err(|_| SheetError::Damaged)? {
        return Ok(sign);
    }
    match &*named.xml10_content() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(SheetError::Damaged),
    }
}
