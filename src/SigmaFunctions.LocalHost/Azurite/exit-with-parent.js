// Loaded before Azurite (node --require), in words that any Node.js understands.
// Says which Node.js this is. Ends the process when the pipe to the program that started it closes, however that program ended; where Azurite keeps
// its data, it writes them first. Ctrl-C is for that program alone: until it ends, it needs its storage.
'use strict';
process.stdout.write('Node.js ' + process.version + '\n');

var once = process.once;
process.once = function (name) {
  return name === 'SIGINT' ? process : once.apply(process, arguments);
};
process.on('SIGINT', function () { });

// A server does not close while it has connections, and Azurite writes nothing before.
var net = require('net');
var listen = net.Server.prototype.listen;
var servers = [];
net.Server.prototype.listen = function () {
  servers.push(this);
  return listen.apply(this, arguments);
};

function end() {
  if (process.argv.indexOf('--inMemoryPersistence') >= 0 || process.listenerCount('SIGTERM') === 0) {
    process.exit(0);
  }

  process.emit('SIGTERM');
  servers.forEach(function (server) {
    server.closeAllConnections();
  });
}

process.stdin.on('end', end);
process.stdin.on('error', end);
process.stdin.resume();
