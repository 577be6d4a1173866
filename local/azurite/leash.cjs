// Loaded before Azurite. Its standard input is a pipe from the process that started it: when that
// process is gone, however it went, the pipe ends and Azurite closes instead of staying behind.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref();

// Azurite listens to each signal once, so that a second one would end it before its data is on disk.
// A Ctrl-C, the stop after it and the end of the pipe are three: only the first one counts.
const SIGNALS = ["SIGINT", "SIGTERM"];
const stopOnce = (signal) => {
  if (process.listenerCount(signal) === 1) process.exit(0); // Azurite does not serve yet.
  for (const each of SIGNALS) process.removeAllListeners(each).on(each, () => {});
};
for (const each of SIGNALS) process.on(each, () => stopOnce(each));
