//! Compressed captures are judged as the same bytes are plain, also as far as they go.

use std::io::{self, Read, Write as _};

use contrail_validate::Compression;
use flate2::{
    Compression as Level,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    cases::one_in,
    judge::{VALIDATOR, judge},
    strategies::capture,
};

/// The bytes compressed, in members or frames of these lengths. By gzip where there is no encoder.
pub(crate) fn compressed(
    compression: Compression,
    bytes: &[u8],
    members: &[usize],
) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    for length in members.iter().copied().chain([bytes.len()]) {
        let (member, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        all.push(compressed_member(compression, member));
    }
    all
}

fn compressed_member(compression: Compression, member: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Zstd => zstd::encode_all(member, 1).unwrap(),
        Compression::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Level::fast());
            encoder.write_all(member).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Deflate => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Level::fast());
            encoder.write_all(member).unwrap();
            encoder.finish().unwrap()
        }
        _ => {
            let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
            encoder.write_all(member).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// What can be read of compressed bytes, in pieces of at most a length; and how it ended.
fn read(bytes: &[u8], length: usize) -> (Vec<Vec<u8>>, io::Result<()>) {
    let mut pieces = Vec::new();
    let Some(compression) = Compression::of(bytes) else { return (vec![bytes.to_vec()], Ok(())) };
    let mut reader = match compression.reader(bytes) {
        Ok(reader) => reader,
        Err(error) => return (pieces, Err(error)),
    };
    let mut buffer = vec![0; length];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return (pieces, Ok(())),
            Ok(length) => pieces.push(buffer[..length].to_vec()),
            Err(error) => return (pieces, Err(error)),
        }
    }
}

/// All that is told about a capture.
fn told<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<String> {
    let (findings, summary) = judge(&VALIDATOR, pieces);
    findings.iter().map(|it| format!("{it:?}")).chain([format!("{summary:?}")]).collect()
}

const BOTH: &[Compression] = &[Compression::Gzip, Compression::Zstd];

proptest! {
    #![proptest_config(one_in(2))]

    #[test]
    fn a_compressed_capture_is_judged_as_a_plain_one(
        bytes in capture(),
        compression in select(BOTH),
        members in vec(0..2_000_usize, 0..3),
        length in 1..5_000_usize,
    ) {
        let (pieces, end) = read(&compressed(compression, &bytes, &members).concat(), length);
        prop_assert!(end.is_ok(), "{:?}", end);
        let told_of_pieces = told(pieces.iter().map(Vec::as_slice));
        prop_assert_eq!(told_of_pieces, told([bytes.as_slice()]));
    }

    #[test]
    fn a_compressed_capture_that_is_cut_is_judged_as_far_as_it_goes(
        bytes in capture(),
        compression in select(BOTH),
        members in vec(0..2_000_usize, 0..3),
        cut in any::<prop::sample::Index>(),
        length in 1..5_000_usize,
    ) {
        let members = compressed(compression, &bytes, &members);
        let mut whole = members.concat();
        let cut = cut.index(whole.len());
        // Fewer bytes tell of no compression.
        if cut < 4 {
            return Ok(());
        }
        whole.truncate(cut);
        let (pieces, end) = read(&whole, length);
        // Nobody can tell that a further member is missing.
        let mut ends = members.iter().scan(0, |end, member| {
            *end += member.len();
            Some(*end)
        });
        let want = if ends.any(|end| end == cut) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof) };
        prop_assert_eq!(end.map_err(|error| error.kind()), want);
        let plain = pieces.concat();
        prop_assert!(bytes.starts_with(&plain));
        let told_of_pieces = told(pieces.iter().map(Vec::as_slice));
        prop_assert_eq!(told_of_pieces, told([&bytes[..plain.len()]]));
    }
}
