//! Session descriptions: what the peer's SDP allows, and ours (RFC 4566, offer/answer by RFC 3264).
//!
//! It must not open sockets, and no text from outside may make it panic.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use portaveu_call::{CallId, Codec, Direction, MasterKey, MediaPlan, SrtpKeys};
use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, Time, TransportProto};

/// Telephone events in our offers, on the clock of most codecs and on that of Opus: an event counts as its stream does
/// (RFC 4733, 2.1).
const OUR_EVENTS: [(u8, u32); 2] = [(101, 8000), (102, 48_000)];
/// What we ask of a peer that sends Opus (RFC 7587, 6.1): the box hears 16 kHz and mono.
const OPUS_PARAMETERS: &str = "useinbandfec=1;stereo=0;sprop-stereo=0;maxplaybackrate=16000";
/// The one way of encrypting that the box knows (RFC 4568).
const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SdpError {
    #[error("its session description cannot be read: {0}")]
    Unreadable(String),
    #[error("it has no audio that the box can take: plain RTP, or SRTP with AES_CM_128_HMAC_SHA1_80 keys in it")]
    NoAudio,
    #[error("it names no address for the audio")]
    NoAddress,
    #[error("it offers none of the codecs that the box speaks")]
    NoCodec,
}

/// Our end of the audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    pub address: IpAddr,
    pub port: u16,
    session: u64,
    pub version: u64,
    /// What we offer to encrypt with; without it, we offer plain RTP.
    pub key: Option<MasterKey>,
}

impl LocalMedia {
    pub fn new(address: &Ipv4Addr, port: u16, call: CallId, key: Option<MasterKey>) -> Self {
        Self { address: IpAddr::V4(*address), port, session: call.0, version: 0, key }
    }
}

/// A key that nobody can guess.
pub fn new_key() -> Option<MasterKey> {
    let mut key = [0; 30];
    getrandom::fill(&mut key).inspect_err(|error| tracing::error!("no key for SRTP: {error}")).ok()?;
    Some(key)
}

/// The plan that follows from the peer's description, with the first of `codecs` that it offers. `ours` is the key that we
/// offered; where there is none, a new one is made for an answer that needs it.
pub fn plan_from(text: &str, codecs: &[Codec], ours: Option<MasterKey>) -> Result<MediaPlan, SdpError> {
    let session = Session::parse(text.as_bytes()).map_err(|error| SdpError::Unreadable(error.to_string()))?;
    let media = session.medias.iter().find(|media| is_usable(media)).ok_or(SdpError::NoAudio)?;
    let address = address_of(&session, media)?;
    let offered = offered_codecs(media);
    let (codec, payload_type) = codecs
        .iter()
        .find_map(|wanted| offered.iter().find(|(codec, _)| codec == wanted))
        .copied()
        .ok_or(SdpError::NoCodec)?;
    let srtp = match (their_key(media), ours) {
        (Some((_, theirs)), ours) => Some(SrtpKeys { ours: ours.or_else(new_key).ok_or(SdpError::NoAudio)?, theirs }),
        (None, Some(_)) => return Err(SdpError::NoAudio), // what was offered encrypted is not taken back in the clear
        (None, None) => None,
    };
    Ok(MediaPlan {
        srtp,
        remote: SocketAddr::new(address, media.port),
        codec,
        payload_type,
        dtmf_payload_type: events_of(media, codec).map(|(number, _)| number),
        direction: if address.is_unspecified() { Direction::Inactive } else { direction_of(&session, media) },
    })
}

fn is_usable(media: &Media) -> bool {
    let plain = media.proto == "RTP/AVP";
    media.media == "audio" && media.port != 0 && (plain || their_key(media).is_some())
}

/// Tag and key of the first `a=crypto` of encrypted audio that the box can use. A key with an identifier (MKI) is none:
/// its packets look otherwise.
fn their_key(media: &Media) -> Option<(u32, MasterKey)> {
    if media.proto != "RTP/SAVP" {
        return None;
    }
    let offered = media.attributes.iter().filter(|a| a.attribute == "crypto").filter_map(|a| a.value.as_deref());
    offered.into_iter().find_map(|value| {
        let mut words = value.split_whitespace();
        let (tag, suite, parameters) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
        let mut parameters = parameters.strip_prefix("inline:")?.split('|');
        let key = BASE64_STANDARD.decode(parameters.next()?).ok()?;
        let named = parameters.any(|parameter| parameter.contains(':'));
        if suite != SUITE || named || words.next().is_some() { None } else { Some((tag, key.try_into().ok()?)) }
    })
}

fn address_of(session: &Session, media: &Media) -> Result<IpAddr, SdpError> {
    let connection = media.connections.first().or(session.connection.as_ref()).ok_or(SdpError::NoAddress)?;
    let literal = connection.connection_address.split('/').next().unwrap_or_default();
    literal.parse().map_err(|_| SdpError::NoAddress)
}

/// Payload type and lower-case `encoding/rate` of each rtpmap.
fn rtpmaps(media: &Media) -> impl Iterator<Item = (u8, String)> {
    let maps = media.attributes.iter().filter(|a| a.attribute == "rtpmap").filter_map(|a| a.value.as_deref());
    maps.filter_map(|value| {
        let (number, encoding) = value.split_once(' ')?;
        let name = encoding.trim().to_ascii_lowercase();
        Some((number.parse().ok()?, name.trim_end_matches("/1").to_owned()))
    })
}

/// Payload type and clock of the telephone events that go with a codec: those on its own clock, else the usual ones.
fn events_of(media: &Media, codec: Codec) -> Option<(u8, u32)> {
    let on = |clock: u32| {
        let wanted = format!("telephone-event/{clock}");
        rtpmaps(media).find(|(_, name)| *name == wanted).map(|(number, _)| (number, clock))
    };
    on(codec.clock()).or_else(|| on(8000))
}

fn codec_named(name: &str) -> Option<Codec> {
    match name {
        "pcma/8000" => Some(Codec::Pcma),
        "pcmu/8000" => Some(Codec::Pcmu),
        "g722/8000" => Some(Codec::G722),
        "opus/48000/2" => Some(Codec::Opus), // in mono, too (RFC 7587, 7)
        _ => None,
    }
}

/// Our codecs among the media's formats; the static types (RFC 3551) need no rtpmap.
fn offered_codecs(media: &Media) -> Vec<(Codec, u8)> {
    let mapped: Vec<(u8, String)> = rtpmaps(media).collect();
    let formats = media.fmt.split_whitespace().filter_map(|number| number.parse::<u8>().ok());
    formats
        .filter_map(|number| {
            let codec = match mapped.iter().find(|(mapped, _)| *mapped == number) {
                Some((_, name)) => codec_named(name),
                None => [(0, Codec::Pcmu), (8, Codec::Pcma), (9, Codec::G722)]
                    .into_iter()
                    .find(|(fixed, _)| *fixed == number)
                    .map(|(_, codec)| codec),
            };
            Some((codec?, number))
        })
        .collect()
}

/// The peer's direction, seen from the box.
fn direction_of(session: &Session, media: &Media) -> Direction {
    let named = |attributes: &[Attribute]| {
        attributes.iter().find_map(|a| match a.attribute.as_str() {
            "sendrecv" => Some(Direction::SendReceive),
            "sendonly" => Some(Direction::ReceiveOnly),
            "recvonly" => Some(Direction::SendOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        })
    };
    named(&media.attributes).or_else(|| named(&session.attributes)).unwrap_or(Direction::SendReceive)
}

fn rtpmap(codec: Codec, payload_type: u8) -> Attribute {
    let name = match codec {
        Codec::Pcma => "PCMA/8000",
        Codec::Pcmu => "PCMU/8000",
        Codec::G722 => "G722/8000",
        Codec::Opus => "opus/48000/2",
    };
    Attribute::with_value("rtpmap", format!("{payload_type} {name}"))
}

/// In our offers; the static one, where there is one.
fn our_payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
        Codec::G722 => 9,
        Codec::Opus => 96,
    }
}

/// The telephone events of our description: those that the plan takes of the offer, or those of our own offer.
fn our_events(answered: Option<(&MediaPlan, &str)>, codecs: &[Codec]) -> Vec<(u8, u32)> {
    let Some((plan, offer)) = answered else {
        let is_used = |clock: u32| clock == 8000 || codecs.iter().any(|codec| codec.clock() == clock);
        return OUR_EVENTS.into_iter().filter(|(_, clock)| is_used(*clock)).collect();
    };
    let offer = Session::parse(offer.as_bytes()).ok();
    let media = offer.as_ref().and_then(|offer| offer.medias.iter().find(|media| is_usable(media)));
    media.and_then(|media| events_of(media, plan.codec)).into_iter().collect()
}

/// Our description: the answer to an offer, with the one codec of the plan, or an offer of all `codecs`.
pub fn describe(local: &LocalMedia, answered: Option<(&MediaPlan, &str)>, codecs: &[Codec]) -> String {
    let plan = answered.map(|(plan, _)| plan);
    let formats: Vec<(Codec, u8)> = match plan {
        Some(plan) => vec![(plan.codec, plan.payload_type)],
        None => codecs.iter().map(|codec| (*codec, our_payload_type(*codec))).collect(),
    };
    let events = our_events(answered, codecs);
    let direction = match plan.map_or(Direction::SendReceive, |plan| plan.direction) {
        Direction::SendReceive => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::ReceiveOnly => "recvonly",
        Direction::Inactive => "inactive",
    };
    let mut attributes: Vec<Attribute> = formats.iter().map(|(codec, number)| rtpmap(*codec, *number)).collect();
    if let Some((_, number)) = formats.iter().find(|(codec, _)| *codec == Codec::Opus) {
        attributes.push(Attribute::with_value("fmtp", format!("{number} {OPUS_PARAMETERS}")));
    }
    for (number, clock) in &events {
        attributes.push(Attribute::with_value("rtpmap", format!("{number} telephone-event/{clock}")));
        attributes.push(Attribute::with_value("fmtp", format!("{number} 0-15")));
    }
    attributes.push(Attribute::with_value("ptime", "20"));
    attributes.push(Attribute::new(direction));
    let key = plan.map_or(local.key, |plan| plan.srtp.as_ref().map(|keys| keys.ours));
    if let Some(key) = key {
        let tag = answered.and_then(|(_, offer)| tag_of(offer)).unwrap_or(1);
        attributes
            .push(Attribute::with_value("crypto", format!("{tag} {SUITE} inline:{}", BASE64_STANDARD.encode(key))));
    }
    let proto = if key.is_some() { TransportProto::RtpSavp } else { TransportProto::RtpAvp };
    let numbers = formats.iter().map(|(_, number)| number).chain(events.iter().map(|(number, _)| number));
    let numbers: Vec<String> = numbers.map(u8::to_string).collect();
    let media = Media::builder(MediaType::Audio, local.port, proto, numbers.join(" ")).attributes(attributes).build();
    let mut origin = Origin::with_ip_addr(local.session.to_string(), local.version, local.address);
    origin.set_username("portaveu");
    Session::builder(origin, "-")
        .connection(Connection::from_ip_addr(local.address))
        .time(Time::new(0, 0))
        .medias(in_the_order_of(answered.map(|(_, offer)| offer), media))
        .build()
        .to_string()
}

/// The tag of the key that was taken of an offer.
fn tag_of(offer: &str) -> Option<u32> {
    let offer = Session::parse(offer.as_bytes()).ok()?;
    their_key(offer.medias.iter().find(|media| is_usable(media))?).map(|(tag, _)| tag)
}

/// An answer has a line for each of the offer, in its order; those that we do not take have port 0 (RFC 3264, 6).
fn in_the_order_of(offer: Option<&str>, ours: Media) -> Vec<Media> {
    let Some(offer) = offer.and_then(|text| Session::parse(text.as_bytes()).ok()) else { return vec![ours] };
    let taken = offer.medias.iter().position(is_usable);
    let refused = |media: &Media| Media { port: 0, attributes: Vec::new(), ..media.clone() };
    let line = |(n, media): (usize, &Media)| if Some(n) == taken { ours.clone() } else { refused(media) };
    offer.medias.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Codec; 4] = [Codec::G722, Codec::Opus, Codec::Pcma, Codec::Pcmu];

    fn offer(media: &str) -> String {
        format!("v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n{media}")
    }

    #[test]
    fn our_preference_decides_among_what_is_offered() {
        let plan = plan_from(&offer("m=audio 4000 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n"), &ALL, None)
            .unwrap();
        assert_eq!((plan.codec, plan.payload_type, plan.dtmf_payload_type), (Codec::Pcma, 8, Some(96)));
        assert_eq!(plan.remote, "192.0.2.7:4000".parse().unwrap());
    }

    #[test]
    fn a_static_number_mapped_to_another_codec_is_that_codec() {
        let text = offer("m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:8 GSM/8000\r\na=rtpmap:97 pcmu/8000/1\r\n");
        assert_eq!(plan_from(&text, &ALL, None).map(|p| (p.codec, p.payload_type)), Ok((Codec::Pcmu, 97)));
    }

    #[test]
    fn hold_is_seen_in_both_its_forms() {
        let new = plan_from(&offer("m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n"), &ALL, None).unwrap();
        assert_eq!(new.direction, Direction::ReceiveOnly);
        let old = plan_from(&offer("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n"), &ALL, None).unwrap();
        assert_eq!(old.direction, Direction::Inactive);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert_eq!(plan_from(&offer("m=video 4000 RTP/AVP 31\r\n"), &ALL, None), Err(SdpError::NoAudio));
        assert_eq!(plan_from(&offer("m=audio 4000 RTP/SAVP 8\r\n"), &ALL, None), Err(SdpError::NoAudio));
        assert_eq!(plan_from(&offer("m=audio 4000 RTP/AVP 18\r\n"), &ALL, None), Err(SdpError::NoCodec));
        assert!(matches!(plan_from("hello", &ALL, None), Err(SdpError::Unreadable(_))));
    }

    #[test]
    fn an_answer_holds_what_the_offer_agreed_to() {
        let offer = offer("m=video 4002 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8 0\r\na=inactive\r\n");
        let plan = plan_from(&offer, &ALL, None).unwrap();
        let local = LocalMedia::new(&Ipv4Addr::new(192, 0, 2, 1), 5000, CallId(3), None);
        let answer = describe(&local, Some((&plan, &offer)), &ALL);
        assert!(answer.find("m=video 0 ") < answer.find("m=audio"), "{answer}");
        assert!(answer.contains("m=audio 5000 RTP/AVP 8\r\n"), "{answer}");
        assert!(answer.contains("a=inactive\r\n"), "{answer}");
        assert_eq!(plan_from(&answer, &ALL, None).map(|p| p.codec), Ok(Codec::Pcma));
    }

    #[test]
    fn opus_keeps_the_number_of_the_offer_and_its_events_count_as_it_does() {
        let answer_to = |events: &str, codecs: &[Codec]| {
            let numbers: String = events.split("a=rtpmap:").skip(1).map(|line| format!(" {}", &line[..3])).collect();
            let offer = offer(&format!("m=audio 4000 RTP/AVP 111 8{numbers}\r\na=rtpmap:111 OPUS/48000/2\r\n{events}"));
            let plan = plan_from(&offer, codecs, None).unwrap();
            let local = LocalMedia::new(&Ipv4Addr::new(192, 0, 2, 1), 5000, CallId(3), None);
            (plan.payload_type, plan.dtmf_payload_type, describe(&local, Some((&plan, &offer)), codecs))
        };
        let (usual, own) = ("a=rtpmap:101 telephone-event/8000\r\n", "a=rtpmap:110 telephone-event/48000\r\n");
        let both = format!("{usual}{own}");
        let (number, events, answer) = answer_to(&both, &ALL);
        assert_eq!((number, events), (111, Some(110)));
        assert!(answer.contains("m=audio 5000 RTP/AVP 111 110\r\n"), "{answer}");
        assert!(answer.contains("a=rtpmap:111 opus/48000/2\r\n") && answer.contains(own), "{answer}");
        assert!(answer.contains(&format!("a=fmtp:111 {OPUS_PARAMETERS}\r\n")), "{answer}");
        assert!(!answer.contains(usual), "{answer}");
        let (_, events, answer) = answer_to(usual, &ALL);
        assert!(events == Some(101) && answer.contains(usual), "a peer that has no others: {answer}");
        assert_eq!(answer_to("", &ALL).1, None);
        let (number, events, answer) = answer_to(&both, &[Codec::Pcma, Codec::Opus]);
        assert_eq!((number, events), (8, Some(101)));
        assert!(!answer.contains("opus") && !answer.contains("fmtp:8"), "{answer}");
    }

    #[test]
    fn opus_in_mono_by_name_is_another_codec() {
        let text = offer("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000\r\n");
        assert_eq!(plan_from(&text, &ALL, None), Err(SdpError::NoCodec), "RFC 7587, 7: always opus/48000/2");
    }

    #[test]
    fn our_offer_has_a_number_for_each_and_events_for_each_clock() {
        let local = LocalMedia::new(&Ipv4Addr::new(192, 0, 2, 1), 5000, CallId(3), None);
        let offer = describe(&local, None, &ALL);
        assert!(offer.contains("m=audio 5000 RTP/AVP 9 96 8 0 101 102\r\n"), "{offer}");
        assert!(offer.contains("a=rtpmap:102 telephone-event/48000\r\n"), "{offer}");
        assert!(offer.contains("a=ptime:20\r\n"), "{offer}");
        let without = describe(&local, None, &[Codec::Pcma]);
        assert!(without.contains("m=audio 5000 RTP/AVP 8 101\r\n"), "{without}");
    }

    #[test]
    fn keys_are_taken_and_given_and_never_taken_back() {
        let crypto = |rest: &str| format!("m=audio 4000 RTP/SAVP 8\r\na=crypto:7 {SUITE} inline:{rest}\r\n");
        let theirs = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"; // thirty bytes of 1
        let offered = offer(&crypto(theirs));
        let plan = plan_from(&offered, &ALL, None).unwrap();
        let keys = plan.srtp.clone().unwrap();
        assert_eq!(keys.theirs, [1; 30]);
        let local = LocalMedia::new(&Ipv4Addr::new(192, 0, 2, 1), 5000, CallId(3), None);
        let answer = describe(&local, Some((&plan, &offered)), &ALL);
        assert!(answer.contains("RTP/SAVP 8") && answer.contains(&format!("a=crypto:7 {SUITE} inline:")), "{answer}");
        let back = plan_from(&answer, &ALL, Some([1; 30])).unwrap().srtp.unwrap();
        assert_eq!((back.ours, back.theirs), ([1; 30], keys.ours));
        let plain = offer("m=audio 4000 RTP/AVP 8\r\n");
        assert_eq!(plan_from(&plain, &ALL, Some([1; 30])), Err(SdpError::NoAudio), "an answer without encryption");
        for wrong in [&theirs[1..], &format!("{theirs}|1:4"), "%"] {
            assert_eq!(plan_from(&offer(&crypto(wrong)), &ALL, None), Err(SdpError::NoAudio), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,400}") {
            let _ = plan_from(&text, &ALL, None);
        }

        #[test]
        fn no_media_section_panics(media in "m=audio [0-9]{1,6} RTP/AVP [0-9 ]{0,20}\r\n(a=rtpmap:[0-9]{1,4} ?[a-zA-Z0-9/]{0,12}\r\n){0,4}") {
            let _ = plan_from(&offer(&media), &ALL, None);
        }

        #[test]
        fn our_own_descriptions_can_be_read(port in 1u16.., first in 0usize..4) {
            let local = LocalMedia::new(&Ipv4Addr::new(192, 0, 2, 1), port, CallId(3), None);
            let plan = plan_from(&describe(&local, None, &ALL), &ALL[first..], None).unwrap();
            prop_assert_eq!((plan.codec, plan.remote.port()), (ALL[first], port));
        }
    }
}
