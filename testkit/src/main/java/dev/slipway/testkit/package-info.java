/** Backends and tactics that do as others do, but for what a test or a suite changes. */
package dev.slipway.testkit;
