/** Images to tensors and back: decoding, resizing, normalising, box decoding and drawing. */
package dev.slipway.vision;
