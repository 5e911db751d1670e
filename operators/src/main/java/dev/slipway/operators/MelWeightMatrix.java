package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** The weights frequencies×bands that turn a spectrum into the bands of the mel scale, 2595 log10(1 + f / 700). */
public record MelWeightMatrix(DType outputDatatype) implements Op {
  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.INDICES);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.FLOATS);
  static final OpDefinition DEFINITION = OpSchema.named("MelWeightMatrix")
      .since(17)
      .input("num_mel_bins", T1)
      .input("dft_length", T1)
      .input("sample_rate", T1)
      .input("lower_edge_hertz", T2)
      .input("upper_edge_hertz", T2)
      .output("output", TypeConstraint.of("T3", DType.NUMBERS))
      .attribute("output_datatype", DType.FLOAT32.code())
      .create(attributes -> new MelWeightMatrix(
          OutputType.find(attributes, "output_datatype", DType.NUMBERS).orElse(DType.FLOAT32)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("output_datatype", outputDatatype);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Dim bands = ScalarInput.size(in, 0, "num_mel_bins", 0);
    Dim frequencies = ScalarInput.size(in, 1, "dft_length", 0).floorDiv(2).plus(1);
    return List.of(TensorType.of(outputDatatype, Shape.of(frequencies, bands)));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor y = ctx.output(0);
    int frequencies = Math.toIntExact(y.dim(0));
    int bands = Math.toIntExact(y.dim(1));
    int[] bins = bins(ctx, bands);
    double[] weights = new double[frequencies * bands];
    for (int band = 0; band < bands; band++) {
      int from = bins[band];
      int center = bins[band + 1];
      int to = bins[band + 2];
      if (from < 0 || to > frequencies) {
        throw new SlipwayException("upper_edge_hertz: bin " + to + " (expected: at most half the sample rate)");
      }
      for (int bin = from; bin < to; bin++) {
        weights[bin * bands + band] = bin < center
            ? (double) (bin - from) / (center - from)
            : (double) (to - bin) / (to - center);
      }
      if (center == to || center == from) {
        weights[Math.min(center, frequencies - 1) * bands + band] = 1;
      }
    }
    y.set(weights);
  }

  /** The frequencies at which bands begin, peak and end. */
  private static int[] bins(ReferenceContext ctx, int bands) {
    double length = ScalarInput.integer(ctx, 1);
    double rate = ScalarInput.integer(ctx, 2);
    double low = mel(ScalarInput.real(ctx, 3));
    double step = (mel(ScalarInput.real(ctx, 4)) - low) / (bands + 2);
    int[] bins = new int[bands + 2];
    for (int i = 0; i < bins.length; i++) {
      double hertz = 700 * (Math.pow(10, (low + i * step) / 2595) - 1);
      bins[i] = (int) Math.floor((length + 1) * hertz / rate);
    }
    return bins;
  }

  private static double mel(double hertz) {
    return 2595 * Math.log10(1 + hertz / 700);
  }
}
