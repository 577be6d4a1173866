// Opens pages in Chromium, and answers with what is wrong with each: axe-core's violations, requests and errors, and content
// that is wider than the window. It reads {"chromium": path, "pages": {name: path}, "pictures": folder or null}. With a folder,
// it leaves pictures there, and the page as it is printed.
import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import puppeteer from 'puppeteer-core'

const WIDTHS = [360, 1280]
const SCHEMES = ['light', 'dark']
const PAPERS = ['A4', 'Letter']

const { chromium, pages, pictures } = JSON.parse(readFileSync(0, 'utf8'))
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
const found = {}
for (const [name, path] of Object.entries(pages)) found[name] = await check(name, path)
await browser.close()
console.log(JSON.stringify(found))

async function check (name, path) {
  const faults = []
  const page = await browser.newPage()
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => faults.push(`console: ${message.text()}`))
  page.on('request', (request) => request.isNavigationRequest() || faults.push(`request: ${request.url()}`))
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: 900 })
    for (const scheme of SCHEMES) {
      const where = `${width} px, ${scheme}`
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await page.goto(`file://${path}`)
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}-${scheme}.png`, fullPage: true })
      faults.push(...(await wider(page)).map((each) => `${where}: ${each}`))
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate('axe.run()')
      faults.push(...violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.target).join(', ')}`))
    }
  }
  for (const format of PAPERS) {
    const options = { format, preferCSSPageSize: false, printBackground: true }
    if (pictures) await page.pdf({ ...options, path: `${pictures}/${name}-${format}.pdf` })
  }
  await page.close()
  return faults
}

// What a window of this width cuts off, or makes scroll sideways. A region of its own may scroll.
function wider (page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const scrolls = (element) => element.closest('.wide') && !element.classList.contains('wide')
    const over = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element)
    )
    return over.map((element) => `wider than the window: ${element.tagName} ${element.textContent.trim().slice(0, 40)}`)
  })
}
