#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| msi_gateway::fuzzed::remote::marketo_csv(data));
