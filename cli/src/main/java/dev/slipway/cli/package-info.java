/** The subcommands of {@code slipway}, one file each. */
package dev.slipway.cli;
