// What Microsoft's own language service says about queries: {tables, queries} on standard input, and on standard
// output for each query its complaints and the columns of its answer.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = path.dirname(require.resolve("@kusto/language-service-next/package.json"));
// Its main file expects these scripts as a page loads them: one after the other, into one global object.
for (const script of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, script), "utf8"), script);
}
const { GlobalState, KustoCode, Symbols } = Kusto.Language;

const list = (values) => Array.from({ length: values.Count }, (_, index) => values.getItem(index));

const { tables, queries } = JSON.parse(fs.readFileSync(0, "utf8"));
const symbols = Object.entries(tables).map(([name, columns]) => {
  const schema = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return Symbols.TableSymbol.From(`(${schema.join(", ")})`).WithName(name);
});
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("workspace", symbols));

const answers = {};
for (const [name, query] of Object.entries(queries)) {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const complaints = list(code.GetDiagnostics()).map((each) => `${each.Severity} ${each.Code}: ${each.Message}`);
  const result = code.ResultType;
  const columns = result && result.Columns ? list(result.Columns).map((each) => [each.Name, each.Type.Name]) : [];
  answers[name] = { complaints, columns: Object.fromEntries(columns) };
}
process.stdout.write(JSON.stringify(answers));
