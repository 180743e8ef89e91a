/** The attacks on `wasi:filesystem`, in memory. */
import test from 'ava'
import { attackedComponent } from './components.js'

attackedComponent(test, 'memfs')
