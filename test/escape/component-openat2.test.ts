/** The attacks on `wasi:filesystem`, where the kernel resolves paths. */
import test from 'ava'
import { attackedComponent } from './components.js'

attackedComponent(test, 'openat2')
