// Loaded before Azurite, which does not support notifications. Writes a line of JSON for each blob
// that a client has created or replaced, by one of the calls that raise Microsoft.Storage.BlobCreated
// (https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage). local/event_grid reads it.
const fs = require("fs");
const http = require("http");

const log = fs.openSync(process.env.SIS_LOCAL_BLOB_EVENTS, "w");
const emit = http.Server.prototype.emit;
let sequence = 0;
let requests = 0;

http.Server.prototype.emit = function (name, request, response) {
  if (name === "request") requests += 1;
  if (name === "request" && request.method === "PUT") {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const end = response.end;
    // Before the client has its answer, so that whoever reads the log after it finds the line.
    response.end = function () {
      record(url, request.headers, response);
      return end.apply(this, arguments);
    };
  }
  return emit.apply(this, arguments);
};

function record(url, asked, response) {
  const api = apiOf(url, asked, response);
  // /account/container/blob; queues and tables have shorter paths, or answer with another status.
  if (!api || url.pathname.split("/").length < 4) return;
  sequence += 1;
  const event = {
    api,
    url: url.origin + url.pathname,
    eTag: response.getHeader("etag"),
    blobType: asked["x-ms-blob-type"] || "BlockBlob",
    contentType: asked["x-ms-blob-content-type"] || asked["content-type"] || "application/octet-stream",
    // The length of a list of blocks is not the blob's.
    contentLength: api === "PutBlob" ? Number(asked["content-length"] || 0) : undefined,
    clientRequestId: asked["x-ms-client-request-id"],
    requestId: response.getHeader("x-ms-request-id"),
    sequencer: sequence.toString(16).padStart(48, "0"),
    at: new Date().toISOString(),
    // Requests to all services since the start, for load tests.
    requests,
  };
  fs.writeSync(log, JSON.stringify(event) + "\n");
}

function apiOf(url, asked, response) {
  const comp = url.searchParams.get("comp");
  const written = response.statusCode === 201 || response.statusCode === 202;
  if (!written || !response.getHeader("etag")) return undefined;
  if (comp) return comp === "blocklist" ? "PutBlockList" : undefined;
  if (asked["x-ms-copy-source"]) return "CopyBlob";
  return asked["x-ms-blob-type"] ? "PutBlob" : undefined;
}
