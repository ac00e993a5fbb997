import { describe } from '@jest/globals'
import { testReloads } from '../support/reload-under-load.js'

describe('under load', () => testReloads(100, 300_000))
