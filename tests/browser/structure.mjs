// Reads {"pages": {name: path}} and answers with what axe-core finds in each page, without a browser. It needs no layout, so
// it sees neither colours nor sizes: browser.mjs does.
import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import { JSDOM } from 'jsdom'

const { pages } = JSON.parse(readFileSync(0, 'utf8'))
const found = {}
for (const [name, path] of Object.entries(pages)) {
  const { window } = new JSDOM(readFileSync(path, 'utf8'), { runScripts: 'outside-only' })
  window.eval(axe.source)
  const { violations } = await window.axe.run(window.document, { rules: { 'color-contrast': { enabled: false } } })
  found[name] = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(', ')}`)
  window.close()
}
console.log(JSON.stringify(found))
