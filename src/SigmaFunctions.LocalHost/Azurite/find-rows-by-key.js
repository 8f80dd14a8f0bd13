// Loaded before Azurite (node --require), in words that any Node.js understands.
// Azurite looks a row up by its partition key and its row key, in this order, and its store uses an index for the first of them alone: it goes through all
// rows of the partition for each row that is written. Asked for the row key first, it finds one row or a few. The result is the same.
'use strict';
var path = require('path');

var Loki = require(require.resolve('lokijs', { paths: [path.dirname(process.argv[1])] }));
var findOne = Loki.Collection.prototype.findOne;
Loki.Collection.prototype.findOne = function (query) {
  return query && query.PartitionKey !== undefined && query.RowKey !== undefined && Object.keys(query).length === 2
    ? findOne.call(this, { RowKey: query.RowKey, PartitionKey: query.PartitionKey })
    : findOne.apply(this, arguments);
};
