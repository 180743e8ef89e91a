/** The attacks on `wasi:filesystem`, in overlays over folders. */
import test from 'ava'
import { attackedComponent } from './components.js'

attackedComponent(test, 'overlay')
