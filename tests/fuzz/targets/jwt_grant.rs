#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    msi_gateway::fuzzed::gateway::jwt_grant(data);
    msi_gateway::fuzzed::account::assertions(data);
});
