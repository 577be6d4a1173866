// Loaded before Azurite. Its standard input is a pipe from the process that started it: when that
// process is gone, however it went, the pipe ends and Azurite closes instead of staying behind.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref();
