package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.AxisFlow.Link;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * Pools regions (x1, y1, x2, y2) of images N×C×H×W to one size, each bin from bilinear samples (He et al. 2017).
 *
 * @param halfPixel whether positions are shifted by half a pixel
 * @param samplingRatio samples along each side of a bin; 0 for as many as the bin has pixels
 * @param spatialScale from the coordinates of the regions to pixels
 */
public record RoiAlign(
    Mode mode, boolean halfPixel, long outputHeight, long outputWidth, long samplingRatio, float spatialScale)
    implements Op {

  /** What becomes of the samples of a bin. */
  public enum Mode {
    AVG,
    /** The maximum of the four weighted elements of all samples, as the ONNX reference has it. */
    MAX
  }

  private static final TypeConstraint T1 = TypeConstraint.of("T1", DType.FLOATS);
  private static final TypeConstraint T2 = TypeConstraint.of("T2", DType.INT64);
  static final OpDefinition DEFINITION = OpSchema.named("RoiAlign")
      .since(22)
      .input("X", T1)
      .input("rois", T1)
      .input("batch_indices", T2)
      .output("Y", T1)
      .attribute("coordinate_transformation_mode", "half_pixel")
      .attribute("mode", "avg")
      .attribute("output_height", 1)
      .attribute("output_width", 1)
      .attribute("sampling_ratio", 0)
      .attribute("spatial_scale", 1f)
      .create(attributes -> new RoiAlign(
          Modes.of(Mode.class, "mode", attributes.string("mode", "avg")),
          halfPixel(attributes.string("coordinate_transformation_mode", "half_pixel")),
          attributes.integer("output_height", 1),
          attributes.integer("output_width", 1),
          attributes.integer("sampling_ratio", 0),
          attributes.real("spatial_scale", 1)));

  public RoiAlign {
    if (outputHeight < 1 || outputWidth < 1 || samplingRatio < 0) {
      throw new InvalidGraphException("attributes output_height, output_width, sampling_ratio: " + outputHeight + ", "
          + outputWidth + ", " + samplingRatio + " (expected: >= 1, >= 1, >= 0)");
    }
  }

  private static boolean halfPixel(String mode) {
    return switch (mode) {
      case "half_pixel" -> true;
      case "output_half_pixel" -> false;
      default -> throw new InvalidGraphException("attribute coordinate_transformation_mode: " + mode
          + " (expected: half_pixel or output_half_pixel)");
    };
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("coordinate_transformation_mode", halfPixel ? "half_pixel" : "output_half_pixel")
        .with("mode", Modes.text(mode))
        .with("output_height", outputHeight)
        .with("output_width", outputWidth)
        .with("sampling_ratio", samplingRatio)
        .with("spatial_scale", spatialScale);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = BlockOrder.requireImages(in.tensor(0).shape());
    Shape rois = in.tensor(1).shape();
    Dim count = rois.ranked() ? rois.dim(0) : in.freshDim("rois");
    Dim channels = x.ranked() ? x.dim(1) : in.freshDim("channels");
    Shape y = Shape.of(count, channels, Dim.of(outputHeight), Dim.of(outputWidth));
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor rois = ctx.input(1);
    Tensor y = ctx.output(0);
    double offset = halfPixel ? 0.5 : 0;
    long channels = x.dim(1);
    for (long roi = 0; roi < rois.dim(0); roi++) {
      double left = rois.getDouble(roi * 4) * spatialScale - offset;
      double top = rois.getDouble(roi * 4 + 1) * spatialScale - offset;
      double width = extent(rois.getDouble(roi * 4 + 2) * spatialScale - offset - left);
      double height = extent(rois.getDouble(roi * 4 + 3) * spatialScale - offset - top);
      long batch = Indices.normalize(ctx.input(2).getLong(roi), x.dim(0));
      for (long c = 0; c < channels; c++) {
        for (long bin = 0; bin < outputHeight * outputWidth; bin++) {
          double binTop = top + bin / outputWidth * height / outputHeight;
          double binLeft = left + bin % outputWidth * width / outputWidth;
          y.setDouble((roi * channels + c) * outputHeight * outputWidth + bin,
              pool(x, batch * channels + c, binTop, binLeft, height / outputHeight, width / outputWidth));
        }
      }
    }
  }

  private double extent(double size) {
    return halfPixel ? size : Math.max(size, 1);
  }

  private double pool(Tensor x, long image, double top, double left, double height, double width) {
    long rows = samplingRatio > 0 ? samplingRatio : (long) Math.ceil(height);
    long columns = samplingRatio > 0 ? samplingRatio : (long) Math.ceil(width);
    double sum = 0;
    double max = Double.NEGATIVE_INFINITY;
    for (long i = 0; i < rows; i++) {
      for (long k = 0; k < columns; k++) {
        double[] corners = corners(x, image, top + (i + 0.5) * height / rows, left + (k + 0.5) * width / columns);
        for (double corner : corners) {
          sum += corner;
          max = Math.max(max, corner);
        }
      }
    }
    if (mode == Mode.AVG) {
      return sum / Math.max(rows * columns, 1);
    }
    return rows * columns > 0 ? max : 0;
  }

  /** The four elements around a position, weighted. */
  private static double[] corners(Tensor x, long image, double row, double column) {
    long height = x.dim(2);
    long width = x.dim(3);
    if (row < -1 || row > height || column < -1 || column > width) {
      return new double[4];
    }
    double r = Math.min(Math.max(row, 0), height - 1);
    double c = Math.min(Math.max(column, 0), width - 1);
    long top = (long) r;
    long left = (long) c;
    long bottom = Math.min(top + 1, height - 1);
    long right = Math.min(left + 1, width - 1);
    double down = r - top;
    double across = c - left;
    long start = image * height;
    return new double[] {
      (1 - down) * (1 - across) * x.getDouble((start + top) * width + left),
      (1 - down) * across * x.getDouble((start + top) * width + right),
      down * (1 - across) * x.getDouble((start + bottom) * width + left),
      down * across * x.getDouble((start + bottom) * width + right)
    };
  }

  /** Four bilinear samples for each bin, ten operations each. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 40);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return new AxisFlow.Links(List.of(Link.of(0, 1, 0, 1), Link.of(1, 0, 0, 0), Link.of(2, 0, 0, 0)));
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("takes coordinates");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.epsilons(64);
  }
}
