// Before anything of Apollo's is loaded: it reports to its maker and asks cloud metadata addresses otherwise.
process.env.APOLLO_TELEMETRY_DISABLED = '1';
