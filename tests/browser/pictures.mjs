// Takes pictures of pages for the documentation. It reads {"chromium": path, "pictures": [{page, path, scheme, width, height, at}]}.
// `at` is the id of the element that is at the top.
import { readFileSync } from 'node:fs'
import puppeteer from 'puppeteer-core'

const { chromium, pictures } = JSON.parse(readFileSync(0, 'utf8'))
const browser = await puppeteer.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
for (const { page: file, path, scheme, width, height, at } of pictures) {
  const page = await browser.newPage()
  await page.setViewport({ width, height })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  await page.goto(`file://${file}`)
  await page.evaluate((id) => document.getElementById(id)?.scrollIntoView(), at)
  await page.screenshot({ path })
  await page.close()
}
await browser.close()
