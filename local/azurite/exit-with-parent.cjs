// Loaded before Azurite. Its standard input is a pipe from the process that started it. When that
// process ends, even by SIGKILL, the pipe closes and Azurite exits.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref();

// Azurite handles each signal once, and a second signal would end it before its data is on disk.
// Ctrl-C, the stop after it and the end of the pipe can all arrive; only the first one is handled.
const SIGNALS = ["SIGINT", "SIGTERM"];
const stopOnce = (signal) => {
  if (process.listenerCount(signal) === 1) process.exit(0); // Azurite does not serve yet.
  for (const each of SIGNALS) process.removeAllListeners(each).on(each, () => {});
};
for (const each of SIGNALS) process.on(each, () => stopOnce(each));
