/** The attacks on `wasi:filesystem`, where the addon walks them itself. */
import test from 'ava'
import { attackedComponent } from './components.js'

attackedComponent(test, 'walk')
