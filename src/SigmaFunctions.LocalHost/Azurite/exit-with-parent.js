// Loaded before Azurite (node --require): ends the process when the pipe to the program that started it closes, however that
// program ended.
'use strict';
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdin.resume();
