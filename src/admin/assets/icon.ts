export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M4 22h24M7 22v-5a9 9 0 0 1 18 0v5M13 22V9.5M19 22V9.5" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>
`
