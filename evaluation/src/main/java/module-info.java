/** Data sets with known answers, metrics, and what stands around a model: preparation of inputs, meaning of outputs. */
module dev.slipway.evaluation {
  requires transitive dev.slipway.vision;
  requires org.snakeyaml.engine;
  requires tools.jackson.core;

  exports dev.slipway.evaluation;

  uses dev.slipway.evaluation.DatasetFormat;

  provides dev.slipway.evaluation.DatasetFormat with
      // The first that accepts a file opens it, so the most particular stand first.
      dev.slipway.evaluation.CocoFormat,
      dev.slipway.evaluation.YoloFormat,
      dev.slipway.evaluation.OcrFormat,
      dev.slipway.evaluation.OcrLinesFormat,
      dev.slipway.evaluation.IdxFormat,
      dev.slipway.evaluation.CifarFormat,
      dev.slipway.evaluation.TextPairFormat,
      dev.slipway.evaluation.PictureFormat;
}
