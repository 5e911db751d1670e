package dev.slipway.samples.customlayer;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.KernelProvider;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * MMCVModulatedDeformConv2d of the domain mmdeploy, as mmdeploy exports the deformable convolutions (v2) of mmcv: a
 * convolution whose taps are moved by offsets, read between pixels, and weighted by a mask. Activations N×C×H×W,
 * offsets N×(groups·taps·2)×oH×oW in the order row, column, mask N×(groups·taps)×oH×oW, weights M×C/groups×kH×kW, bias
 * M.
 */
public final class ModulatedDeformConv implements KernelProvider {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.FLOAT32);
  private static final OpDefinition DEFINITION = OpSchema.named("mmdeploy", "MMCVModulatedDeformConv2d")
      .input("input", T)
      .input("offset", T)
      .input("mask", T)
      .input("weight", T)
      .optionalInput("bias", T)
      .output("output", T)
      .attribute("stride", Kind.INTS)
      .attribute("padding", Kind.INTS)
      .attribute("dilation", Kind.INTS)
      .attribute("groups", 1)
      .attribute("deform_groups", 1)
      .create(Layer::of);

  @Override
  public List<OpDefinition> operators() {
    return List.of(DEFINITION);
  }

  // ---- the operator: attributes, types, evaluation

  /** The operator with its attributes; of each pair the first is for rows. */
  record Layer(List<Long> stride, List<Long> padding, List<Long> dilation, long groups, long deformGroups)
      implements Op {

    Layer {
      if (stride.size() != 2 || padding.size() != 2 || dilation.size() != 2) {
        throw new InvalidGraphException("attributes stride, padding, dilation: " + stride + ", " + padding + ", "
            + dilation + " (expected: two numbers each)");
      }
      if (groups < 1 || deformGroups < 1) {
        throw new InvalidGraphException(
            "attributes groups, deform_groups: " + groups + ", " + deformGroups + " (expected: >= 1)");
      }
    }

    static Layer of(Attributes attributes) {
      return new Layer(
          attributes.integers("stride", List.of(1L, 1L)),
          attributes.integers("padding", List.of(0L, 0L)),
          attributes.integers("dilation", List.of(1L, 1L)),
          attributes.integer("groups", 1),
          attributes.integer("deform_groups", 1));
    }

    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    /** What models and plans keep: {@link #of} makes an equal operator of it. */
    @Override
    public Attributes attributes() {
      return Attributes.of("stride", stride)
          .with("padding", padding)
          .with("dilation", dilation)
          .with("groups", groups)
          .with("deform_groups", deformGroups);
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      Shape x = in.tensor(0).shape();
      Shape offset = in.tensor(1).shape();
      Shape w = in.tensor(3).shape();
      for (int port = 0; port < 4; port++) {
        if (in.tensor(port).shape().ranked() && in.tensor(port).shape().rank() != 4) {
          throw new InvalidGraphException("input " + port + ": " + in.tensor(port) + " (expected: four dimensions)");
        }
      }
      if (!x.ranked() || !offset.ranked() || !w.ranked()) {
        return List.of(TensorType.of(DType.FLOAT32, Shape.UNRANKED));
      }
      requireEqual("channels", x.dim(1), w.dim(1).times(groups));
      requireEqual("offsets of a position", offset.dim(1), w.dim(2).times(w.dim(3)).times(2 * deformGroups));
      return List.of(TensorType.of(DType.FLOAT32, Shape.of(x.dim(0), w.dim(0), offset.dim(2), offset.dim(3))));
    }

    private static void requireEqual(String what, Dim actual, Dim expected) {
      if (actual instanceof Dim.Known && expected instanceof Dim.Known && !actual.equals(expected)) {
        throw new InvalidGraphException(what + ": " + actual + " (expected: " + expected + ")");
      }
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      Tensor y = ctx.output(0);
      Sizes sizes = Sizes.of(this, ctx.input(0).type(), ctx.input(3).type(), y.type());
      double[] x = ctx.input(0).toDoubles();
      double[] offset = ctx.input(1).toDoubles();
      double[] mask = ctx.input(2).toDoubles();
      double[] w = ctx.input(3).toDoubles();
      double[] bias = ctx.has(4) ? ctx.input(4).toDoubles() : new double[sizes.m];
      for (int i = 0; i < y.elementCount(); i++) {
        int position = i % sizes.positions();
        int m = i / sizes.positions() % sizes.m;
        int n = i / sizes.positions() / sizes.m;
        double sum = bias[m];
        for (int k = 0; k < sizes.depth(); k++) {
          int c = m / (sizes.m / sizes.groups) * (sizes.c / sizes.groups) + k / sizes.taps();
          sum += w[m * sizes.depth() + k] * sample(sizes, x, offset, mask, n, c, k % sizes.taps(), position);
        }
        y.setDouble(i, sum);
      }
    }

    private double sample(
        Sizes s, double[] x, double[] offset, double[] mask, int n, int c, int tap, int position) {
      int moved = (n * s.deformGroups + c / (s.c / s.deformGroups)) * s.taps() + tap;
      double row = position / s.ow * stride.get(0) - padding.get(0) + tap / s.kw * dilation.get(0)
          + offset[2 * moved * s.positions() + position];
      double column = position % s.ow * stride.get(1) - padding.get(1) + tap % s.kw * dilation.get(1)
          + offset[(2 * moved + 1) * s.positions() + position];
      int top = (int) Math.floor(row);
      int left = (int) Math.floor(column);
      double sum = 0;
      for (int r = top; r <= top + 1; r++) {
        for (int q = left; q <= left + 1; q++) {
          if (r >= 0 && r < s.h && q >= 0 && q < s.w) {
            sum += (1 - Math.abs(row - r)) * (1 - Math.abs(column - q)) * x[((n * s.c + c) * s.h + r) * s.w + q];
          }
        }
      }
      return sum * mask[moved * s.positions() + position];
    }

    /** How far a kernel in float32 may be from the evaluation in double. */
    @Override
    public Tolerance tolerance(DType dtype) {
      return Tolerance.accumulated(4096);
    }
  }

  /** The names of dimensions, as the evaluation and the kernels use them. */
  private record Sizes(
      int n, int c, int h, int w, int m, int kh, int kw, int oh, int ow, int groups, int deformGroups) {

    static Sizes of(Layer layer, TensorType x, TensorType weights, TensorType y) {
      return new Sizes(dim(x, 0), dim(x, 1), dim(x, 2), dim(x, 3), dim(y, 1), dim(weights, 2), dim(weights, 3),
          dim(y, 2), dim(y, 3), Math.toIntExact(layer.groups), Math.toIntExact(layer.deformGroups));
    }

    private static int dim(TensorType type, int axis) {
      return Math.toIntExact(type.shape().known()[axis]);
    }

    int taps() {
      return kh * kw;
    }

    int positions() {
      return oh * ow;
    }

    /** Products of one output element. */
    int depth() {
      return c / groups * taps();
    }
  }

  // ---- the same on a GPU

  /** What both sources begin with: the sizes, and the value under a tap. */
  private static final String SAMPLE = """
      constexpr int N = %d, C = %d, H = %d, W = %d, M = %d, KW = %d, OW = %d, TAPS = %d, POSITIONS = %d;
      constexpr int GROUPS = %d, DEFORM_GROUPS = %d, DEPTH = C / GROUPS * TAPS;

      __device__ float pixel(const float* plane, int row, int column) {
        return row >= 0 && row < H && column >= 0 && column < W ? plane[row * W + column] : 0.f;
      }

      __device__ float sample(
          const float* x, const float* offset, const float* mask, int n, int c, int tap, int position) {
        const int moved = (n * DEFORM_GROUPS + c / (C / DEFORM_GROUPS)) * TAPS + tap;
        const float row = position / OW * %d - %d + tap / KW * %d + offset[2 * moved * POSITIONS + position];
        const float column = position %% OW * %d - %d + tap %% KW * %d + offset[(2 * moved + 1) * POSITIONS + position];
        const float top = floorf(row), left = floorf(column), down = row - top, right = column - left;
        const float* plane = x + (n * C + c) * H * W;
        const int r = (int) top, q = (int) left;
        return mask[moved * POSITIONS + position]
            * ((1 - down) * ((1 - right) * pixel(plane, r, q) + right * pixel(plane, r, q + 1))
                + down * ((1 - right) * pixel(plane, r + 1, q) + right * pixel(plane, r + 1, q + 1)));
      }
      """;

  /** A thread for each output element, which samples whatever it needs. */
  private static final String DIRECT = """
      extern "C" __global__ void deform_conv(const float* x, const float* offset, const float* mask, const float* w,
          const float* bias, float* y) {
        const int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= N * M * POSITIONS) return;
        const int position = i % POSITIONS, m = i / POSITIONS % M, n = i / POSITIONS / M;
        float sum = bias ? bias[m] : 0.f;
        for (int k = 0; k < DEPTH; k++) {
          const int c = m / (M / GROUPS) * (C / GROUPS) + k / TAPS;
          sum += w[m * DEPTH + k] * sample(x, offset, mask, n, c, k % TAPS, position);
        }
        y[i] = sum;
      }
      """;

  /** Samples once what all output channels read, then multiplies. */
  private static final String IN_TWO_STEPS = """
      extern "C" __global__ void sample_all(const float* x, const float* offset, const float* mask, const float* w,
          const float* bias, float* y, float* columns) {
        const int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= N * C * TAPS * POSITIONS) return;
        const int tap = i / POSITIONS % TAPS, plane = i / POSITIONS / TAPS;
        columns[i] = sample(x, offset, mask, plane / C, plane % C, tap, i % POSITIONS);
      }

      extern "C" __global__ void multiply(const float* x, const float* offset, const float* mask, const float* w,
          const float* bias, float* y, const float* columns) {
        const int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= N * M * POSITIONS) return;
        const int position = i % POSITIONS, m = i / POSITIONS % M, n = i / POSITIONS / M;
        const float* column = columns + (n * GROUPS + m / (M / GROUPS)) * DEPTH * POSITIONS + position;
        float sum = bias ? bias[m] : 0.f;
        for (int k = 0; k < DEPTH; k++) sum += w[m * DEPTH + k] * column[k * POSITIONS];
        y[i] = sum;
      }
      """;

  @Override
  public List<CudaSource> cuda(CudaRequest request) {
    Layer layer = (Layer) request.op();
    Sizes s = Sizes.of(layer, request.input(0), request.input(3), request.output(0));
    String sample = SAMPLE.formatted(s.n, s.c, s.h, s.w, s.m, s.kw, s.ow, s.taps(), s.positions(), s.groups,
        s.deformGroups, layer.stride.get(0), layer.padding.get(0), layer.dilation.get(0), layer.stride.get(1),
        layer.padding.get(1), layer.dilation.get(1));
    long outputs = request.output(0).shape().elementCount();
    long columns = (long) s.n * s.c * s.taps() * s.positions();
    if (outputs == 0) {
      return List.of();
    }
    return List.of(
        new CudaSource("two steps", sample + IN_TWO_STEPS, List.of(
            new CudaSource.Launch("sample_all", CudaSource.Geometry.Blocks.covering(columns)),
            new CudaSource.Launch("multiply", CudaSource.Geometry.Blocks.covering(outputs))), columns * Float.BYTES),
        CudaSource.of("direct", sample + DIRECT,
            new CudaSource.Launch("deform_conv", CudaSource.Geometry.Blocks.covering(outputs))));
  }
}
