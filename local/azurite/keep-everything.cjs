// Loaded before an Azurite that keeps its data in memory, which lives no longer than a run of tests.
// Every ten minutes Azurite looks for data that no blob refers to any more. To delete that of 9,000
// blobs from memory took it more than two minutes, in which it answered no request.
const LONGEST_DELAY_OF_A_TIMER_MS = 2 ** 31 - 1; // 24 days

for (const service of ["blob", "queue"]) {
  const constants = require(`azurite/dist/src/${service}/utils/constants`);
  constants.DEFAULT_GC_INTERVAL_MS = LONGEST_DELAY_OF_A_TIMER_MS;
}
