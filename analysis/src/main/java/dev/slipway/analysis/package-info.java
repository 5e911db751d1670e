/** What a model costs and where its time goes: roofline, profile, layer-by-layer comparison, report. */
package dev.slipway.analysis;
