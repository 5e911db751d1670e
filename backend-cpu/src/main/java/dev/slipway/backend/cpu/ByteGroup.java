package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request as integer kernels see it: a product of bytes, whose inputs are the first of the request, an expression of
 * each result, and how that is rounded. A group is the body of a {@link Fused}: DequantizeLinear of one side, the
 * product, elementwise operators, QuantizeLinear.
 *
 * @param rounding how a result becomes a byte; empty where it stays float32
 * @param sidePort the request's input that the epilogue reads beside the result; -1 for none
 * @param scales where those of the activations come from
 */
record ByteGroup(
    Op anchor, Optional<ByteRounding> rounding, ByteEpilogue epilogue, int sidePort, ActivationScale scales) {
  /** The inputs of a product with the scale and the zero point of its activations. */
  static final int X_SCALE = 5;

  static final int X_ZERO_POINT = 6;

  /** Where the scale of activations comes from. */
  enum ActivationScale {
    /** It is part of the channels' scales. */
    CONSTANT,
    /** It and the zero point are inputs. */
    OF_TENSOR,
    /** It is an input for each row; the zero point is constant. */
    OF_ROWS;

    private static ActivationScale of(boolean hasScale, boolean hasZeroPoint) {
      return !hasScale ? CONSTANT : hasZeroPoint ? OF_TENSOR : OF_ROWS;
    }
  }

  /** Takes a request apart; empty where it is none of these. */
  static Optional<ByteGroup> of(KernelRequest request) {
    return switch (request.op()) {
      case QuantizedConv conv -> Optional.of(plain(conv, conv.rounding(), request));
      case QuantizedMatMul product -> Optional.of(plain(product, product.rounding(), request));
      case Fused(Graph body) -> new Body(body, request).group();
      default -> Optional.empty();
    };
  }

  private static ByteGroup plain(Op product, Optional<ByteRounding> rounding, KernelRequest request) {
    return new ByteGroup(product, rounding, ByteEpilogue.NONE, -1, ActivationScale.of(request.has(X_SCALE), request.has(X_ZERO_POINT)));
  }

  /** The range of results that become bytes. */
  Optional<ByteRange> range() {
    return rounding.map(ByteRange::of);
  }

  QuantizedConv conv() {
    return (QuantizedConv) anchor;
  }

  /** Whether channels that only fill a block become something else than zeros. */
  boolean clears() {
    return rounding.isEmpty() || rounding.get().lowest() > 0 || !epilogue.isNone();
  }

  int xZeroPoint() {
    return anchor instanceof QuantizedConv conv ? conv.xZeroPoint() : ((QuantizedMatMul) anchor).xZeroPoint();
  }

  int wZeroPoint() {
    return anchor instanceof QuantizedConv conv ? conv.wZeroPoint() : ((QuantizedMatMul) anchor).wZeroPoint();
  }

  /** Whether the parameters of channels are made for each run. */
  boolean dynamic() {
    return scales == ActivationScale.OF_TENSOR;
  }

  boolean scalesRows() {
    return scales == ActivationScale.OF_ROWS;
  }

  /** What numbers the rows of a matrix have of their own. */
  ByteTileSpec.PerPixel perRow() {
    if (scalesRows()) {
      return ByteTileSpec.PerPixel.SCALE;
    }
    return wZeroPoint() == 0 ? ByteTileSpec.PerPixel.NONE : ByteTileSpec.PerPixel.CORRECTION;
  }

  boolean hasSide() {
    return sidePort >= 0;
  }

  private static final class Body {
    private final Graph body;
    private final KernelRequest request;
    private final Map<ValueId, Expression> known = new HashMap<>();
    private Optional<Op> anchor = Optional.empty();
    private Optional<ByteRounding> rounding = Optional.empty();
    private Optional<ByteEpilogue.Side> side = Optional.empty();
    private int sidePort = -1;
    private float step = 1;
    private ActivationScale scales = ActivationScale.CONSTANT;

    Body(Graph body, KernelRequest request) {
      this.body = body;
      this.request = request;
    }

    Optional<ByteGroup> group() {
      for (Map.Entry<ValueId, Tensor> constant : body.constants().entrySet()) {
        if (constant.getValue().elementCount() == 1) {
          known.put(constant.getKey(), Expression.constant(constant.getValue().getDouble(0)));
        }
      }
      for (Node node : body.nodes()) {
        if (rounding.isPresent() || node.outputs().size() != 1 || !take(node)) {
          return Optional.empty();
        }
      }
      if (anchor.isEmpty() || body.outputs().size() != 1) {
        return Optional.empty();
      }
      Expression result = known.get(body.outputs().values().iterator().next());
      ByteEpilogue epilogue = new ByteEpilogue(result, side);
      return Optional.of(new ByteGroup(
          anchor.get(), rounding, rounding.isPresent() ? epilogue.inSteps(step) : epilogue, sidePort, scales));
    }

    private boolean take(Node node) {
      return switch (node.op()) {
        case DequantizeLinear _ -> dequantize(node);
        case QuantizedConv conv -> anchor(node, conv.rounding());
        case QuantizedMatMul product -> anchor(node, product.rounding());
        case QuantizeLinear _ -> quantize(node);
        case Elementwise elementwise -> compute(node, elementwise);
        default -> false;
      };
    }

    private boolean anchor(Node node, Optional<ByteRounding> own) {
      if (anchor.isPresent() || own.isPresent()
          || body.inputs().size() < node.inputs().size()
          || !node.inputs().equals(body.inputs().subList(0, node.inputs().size()))) {
        return false;
      }
      anchor = Optional.of(node.op());
      scales = ActivationScale.of(node.hasInput(X_SCALE), node.hasInput(X_ZERO_POINT));
      known.put(node.output(), Expression.input(FusedGroup.RESULT));
      return true;
    }

    private boolean dequantize(Node node) {
      int port = body.inputs().indexOf(node.input(0));
      Optional<Tensor> scale = body.constant(node.input(1));
      boolean isByte = port >= 0 && request.input(port).dtype() == DType.UINT8;
      if (!isByte || scale.isEmpty() || scale.get().elementCount() != 1 || !isZeroPointKnown(node)) {
        return false;
      }
      int zero = node.hasInput(2) ? (int) body.constant(node.input(2)).orElseThrow().getLong(0) : 0;
      known.put(node.output(), Expression.input(0));
      return setSide(port, new ByteEpilogue.Side(true, (float) scale.get().getDouble(0), zero));
    }

    private boolean isZeroPointKnown(Node node) {
      return !node.hasInput(2)
          || body.constant(node.input(2)).filter(tensor -> tensor.elementCount() == 1).isPresent();
    }

    private boolean setSide(int port, ByteEpilogue.Side own) {
      long[] dims = request.input(port).shape().known();
      if (side.isPresent() && sidePort != port || !Arrays.equals(dims, request.output().shape().known())) {
        return false;
      }
      side = Optional.of(own);
      sidePort = port;
      return true;
    }

    private boolean quantize(Node node) {
      Optional<Tensor> scale = body.constant(node.input(1));
      boolean isByte = body.type(node.output()) instanceof TensorType type && type.dtype() == DType.UINT8;
      if (!isByte || scale.isEmpty() || scale.get().elementCount() != 1 || !isZeroPointKnown(node)
          || !known.containsKey(node.input(0))) {
        return false;
      }
      int zero = node.hasInput(2) ? (int) body.constant(node.input(2)).orElseThrow().getLong(0) : 0;
      step = (float) scale.get().getDouble(0);
      rounding = Optional.of(ByteRounding.saturating(zero));
      known.put(node.output(), known.get(node.input(0)));
      return true;
    }

    private boolean compute(Node node, Elementwise elementwise) {
      List<Expression> arguments = new ArrayList<>();
      List<Boolean> present = new ArrayList<>();
      for (ValueId id : node.inputs()) {
        int port = body.inputs().indexOf(id);
        if (port >= 0 && !known.containsKey(id)) {
          if (request.input(port).dtype() != DType.FLOAT32 || !setSide(port, new ByteEpilogue.Side(false, 1, 0))) {
            return false;
          }
          known.put(id, Expression.input(0));
        }
        present.add(id.isPresent());
        if (id.isPresent() && !known.containsKey(id)) {
          return false;
        }
        arguments.add(known.getOrDefault(id, Expression.constant(Double.NaN)));
      }
      known.put(node.output(), elementwise.expression(present).substitute(arguments));
      return true;
    }
  }
}
