// What AsyncAPI's own parser finds in a document: `node judge.mjs FILE`. Exit code 1 where there is an error or a
// warning; it also informs of versions newer than the document's, which is no fault.
//
// Of version 3 the parser (3.6) leaves a payload that no schema parser knows as it is, and says nothing: so each is
// looked at here.
import { readFileSync } from "node:fs";
import { AvroSchemaParser } from "@asyncapi/avro-schema-parser";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";

const ORIGINAL = "x-parser-original-payload"; // what the parser keeps of a schema that it has read as Avro

const avro = AvroSchemaParser();
const parser = new Parser();
parser.registerSchemaParser(avro);
const { document, diagnostics } = await parser.parse(readFileSync(process.argv[2], "utf8"));
const faults = [];
for (const { severity, path, message } of diagnostics) {
  console.log(`${DiagnosticSeverity[severity]}: ${path.join(".")}: ${message}`);
  if (severity <= DiagnosticSeverity.Warning) faults.push(message);
}
for (const message of document?.allMessages().all() ?? []) {
  const schema = message.json().payload[ORIGINAL];
  const found = schema ? await avro.validate({ data: schema, path: [message.id()] }) : [{ message: "not read as Avro" }];
  for (const fault of found) {
    console.log(`Error: ${message.id()}: ${fault.message}`);
    faults.push(fault.message);
  }
}
if (!document || faults.length > 0) process.exit(1);
console.log(`valid: ${document.channels().length} channels, ${document.allMessages().length} messages`);
