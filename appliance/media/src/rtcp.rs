//! RTCP: our sender reports, and what the peer's tell us (RFC 3550).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rtcp_types::{
    Compound, Packet, ReportBlock, RtcpPacketWriter, RtcpPacketWriterExt, Sdes, SdesChunk, SdesItem, SenderReport,
};

const EVERY: Duration = Duration::from_secs(5);
/// Seconds from 1900, where NTP begins, to 1970.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// What we receive, as RFC 3550 (A.1, A.3, A.8) counts it.
#[derive(Debug, Default)]
pub struct Reception {
    pub ssrc: u32,
    first: Option<u32>,
    highest: u32,
    received: u32,
    jitter: f64,
    last_transit: Option<i64>,
    at_last_report: (u32, u32),
    /// The middle of the peer's last NTP time, and when it came.
    last_report: Option<(u32, Duration)>,
}

impl Reception {
    /// `clock`: ticks of the stream's a second.
    pub fn packet(&mut self, now: Duration, clock: u32, ssrc: u32, sequence: u16, timestamp: u32) {
        if self.first.is_none() || self.ssrc != ssrc {
            *self = Self { ssrc, first: Some(sequence.into()), highest: sequence.into(), ..Self::default() };
        }
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        if step > 0 {
            self.highest = self.highest.wrapping_add(u32::from(step.unsigned_abs()));
        }
        self.received = self.received.wrapping_add(1);
        let transit = (now.as_micros() as u64 * u64::from(clock) / 1_000_000) as i64 - i64::from(timestamp);
        if let Some(last) = self.last_transit.replace(transit) {
            self.jitter += ((transit - last).unsigned_abs() as f64 - self.jitter) / 16.0;
        }
    }

    /// Packets that were sent to us, by their numbers.
    fn expected(&self) -> u32 {
        self.first.map_or(0, |first| self.highest.wrapping_sub(first).wrapping_add(1))
    }

    pub fn lost(&self) -> u32 {
        self.expected().saturating_sub(self.received)
    }

    /// The peer's report: only its time matters to us, for ours to name.
    pub fn control(&mut self, now: Duration, packet: &[u8]) {
        let Ok(compound) = Compound::parse(packet) else { return };
        for part in compound.flatten() {
            if let Packet::Sr(report) = part {
                self.last_report = Some(((report.ntp_timestamp() >> 16) as u32, now));
            }
        }
    }

    fn block(&mut self, now: Duration) -> rtcp_types::ReportBlockBuilder {
        let (expected, received) = (self.expected(), self.received);
        let expected_now = expected.wrapping_sub(self.at_last_report.0);
        let lost_now = expected_now.saturating_sub(received.wrapping_sub(self.at_last_report.1));
        self.at_last_report = (expected, received);
        let fraction = (u64::from(lost_now) * 256).checked_div(expected_now.into()).unwrap_or(0).min(255);
        let (last, since) = self
            .last_report
            .map_or((0, 0), |(middle, at)| (middle, ((now.saturating_sub(at)).as_micros() * 65536 / 1_000_000) as u32));
        ReportBlock::builder(self.ssrc)
            .fraction_lost(fraction as u8)
            .cumulative_lost(self.lost().min(0x7f_ffff))
            .extended_sequence_number(self.highest)
            .interarrival_jitter(self.jitter as u32)
            .last_sender_report_timestamp(last)
            .delay_since_last_sender_report_timestamp(since)
    }
}

/// When our next report is due, and what is in it.
#[derive(Debug, Default)]
pub struct Reporter {
    last: Option<Duration>,
}

/// What we have sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub ssrc: u32,
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

impl Reporter {
    pub fn due(&mut self, now: Duration, sent: Sent, reception: &mut Reception) -> Option<Vec<u8>> {
        if self.last.is_some_and(|last| now < last + EVERY) {
            return None;
        }
        self.last = Some(now);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ntp = ((since_1970.as_secs() + NTP_TO_UNIX) << 32)
            | ((u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000);
        let mut report = SenderReport::builder(sent.ssrc)
            .ntp_timestamp(ntp)
            .rtp_timestamp(sent.timestamp)
            .packet_count(sent.packets)
            .octet_count(sent.octets);
        if reception.first.is_some() {
            report = report.add_report_block(reception.block(now));
        }
        let name = SdesChunk::builder(sent.ssrc).add_item(SdesItem::builder(SdesItem::CNAME, "portaveu"));
        let compound = Compound::builder().add_packet(report).add_packet(Sdes::builder().add_chunk(name));
        let mut out = vec![0; compound.calculate_size().ok()?];
        compound.write_into(&mut out).ok()?;
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_report_names_the_loss_and_can_be_read() {
        let mut reception = Reception::default();
        for sequence in (0..100u16).filter(|n| n % 10 != 3) {
            reception.packet(
                Duration::from_millis(u64::from(sequence) * 20),
                8000,
                7,
                sequence,
                u32::from(sequence) * 160,
            );
        }
        let sent = Sent { ssrc: 9, timestamp: 1600, packets: 10, octets: 1600 };
        let report = Reporter::default().due(Duration::from_secs(2), sent, &mut reception).unwrap();
        let parts: Vec<_> = Compound::parse(&report).unwrap().map(Result::unwrap).collect();
        let Packet::Sr(sender) = &parts[0] else { panic!("no sender report first") };
        let block = sender.report_blocks().next().unwrap();
        assert_eq!((sender.packet_count(), block.ssrc(), block.cumulative_lost()), (10, 7, 10));
        assert_eq!(block.fraction_lost(), 25);
        assert!(matches!(parts[1], Packet::Sdes(_)));
    }

    #[test]
    fn numbers_that_wrap_are_no_loss() {
        let mut reception = Reception::default();
        for n in 0..40u16 {
            reception.packet(Duration::from_millis(u64::from(n) * 20), 8000, 7, n.wrapping_sub(20), u32::from(n) * 160);
        }
        assert_eq!(reception.lost(), 0);
    }
}
