package dev.slipway.backend.cuda;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.ByteRounding;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Fused;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.operators.QuantizedConv;
import dev.slipway.operators.QuantizedMatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A product of bytes and what follows it: elementwise operators, of bytes beside the result too, and the rounding.
 *
 * @param anchor a {@link QuantizedConv} or {@link QuantizedMatMul}
 * @param anchorInputs for each input of the anchor the input of the request that it is; -1 for one that is absent
 * @param epilogue of the result in float32, in steps of the output where that is rounded; inputs that are bytes count as
 *     the numbers 0 to 255
 * @param rounding how a result becomes a byte; empty where it stays float32
 */
record QuantizedGroup(
    Op anchor, List<Integer> anchorInputs, Expression epilogue, Optional<ByteRounding> rounding) {
  static final int WEIGHTS = 1;
  static final int SCALE = 2;
  static final int OFFSET = 3;
  static final int START = 4;
  static final int X_SCALE = 5;
  static final int X_ZERO_POINT = 6;

  /** Takes a request apart; empty where it is something else. */
  static Optional<QuantizedGroup> of(KernelRequest request) {
    if (request.op() instanceof Fused(Graph body)) {
      return ofBody(body);
    }
    return rounding(request.op()).flatMap(rounding -> FusedGroup.of(request)
        .map(group -> new QuantizedGroup(request.op(), group.anchorInputs(), group.epilogue(), rounding.rounding())));
  }

  /** That of a product of bytes. */
  private record Product(Optional<ByteRounding> rounding) {}

  private static Optional<Product> rounding(Op op) {
    return switch (op) {
      case QuantizedConv conv -> Optional.of(new Product(conv.rounding()));
      case QuantizedMatMul product -> Optional.of(new Product(product.rounding()));
      default -> Optional.empty();
    };
  }

  private static Optional<QuantizedGroup> ofBody(Graph body) {
    Node last = body.nodes().getLast();
    Optional<Scale> output = last.op() instanceof QuantizeLinear && isBytes(body, last.output())
        ? Scale.of(body, last)
        : Optional.empty();
    ValueId result = output.isPresent() ? last.input(0) : body.outputs().values().iterator().next();
    return FusedGroup.of(body, dequantized(body), result)
        .filter(group -> group.anchor().flatMap(QuantizedGroup::rounding).isPresent())
        .filter(group -> rounding(group.anchor().get()).get().rounding().isEmpty())
        .map(group -> new QuantizedGroup(
            group.anchor().get(),
            group.anchorInputs(),
            output.map(scale -> group.epilogue().times((double) (1 / scale.step()))).orElse(group.epilogue()),
            output.map(scale -> ByteRounding.saturating(scale.zeroPoint()))));
  }

  /** A scale of one step for all. */
  private record Scale(float step, int zeroPoint) {
    static Optional<Scale> of(Graph body, Node node) {
      Optional<Tensor> step = single(body, node.input(1));
      Optional<Tensor> zeroPoint = node.hasInput(2) ? single(body, node.input(2)) : Optional.of(Tensor.scalar(DType.UINT8, 0));
      return step.isPresent() && zeroPoint.isPresent()
          ? Optional.of(new Scale((float) step.get().getDouble(0), (int) zeroPoint.get().getLong(0)))
          : Optional.empty();
    }

    Expression dequantized(int port) {
      Expression bytes = Expression.input(port);
      return (zeroPoint == 0 ? bytes : bytes.minus(Expression.constant(zeroPoint))).times(step);
    }

    private static Optional<Tensor> single(Graph body, ValueId id) {
      return body.constant(id).filter(tensor -> tensor.elementCount() == 1);
    }
  }

  private static boolean isBytes(Graph body, ValueId id) {
    return body.type(id) instanceof TensorType type && type.dtype() == DType.UINT8;
  }

  private static Map<ValueId, Expression> dequantized(Graph body) {
    Map<ValueId, Expression> known = new HashMap<>();
    for (Node node : body.nodes()) {
      int port = body.inputs().indexOf(node.input(0));
      if (node.op() instanceof DequantizeLinear && port >= 0 && isBytes(body, node.input(0))) {
        Scale.of(body, node).ifPresent(scale -> known.put(node.output(), scale.dequantized(port)));
      }
    }
    return known;
  }

  /** The request's input that is an input of the anchor, which is there. */
  int port(int anchorInput) {
    return anchorInputs.get(anchorInput);
  }

  boolean has(int anchorInput) {
    return anchorInput < anchorInputs.size() && anchorInputs.get(anchorInput) >= 0;
  }

  /** Inputs of the request beside those of the anchor. */
  List<Integer> sides() {
    return Expressions.inputs(epilogue).stream().filter(port -> port != FusedGroup.RESULT).toList();
  }

  int xZeroPoint() {
    return anchor instanceof QuantizedConv conv ? conv.xZeroPoint() : ((QuantizedMatMul) anchor).xZeroPoint();
  }

  int wZeroPoint() {
    return anchor instanceof QuantizedConv conv ? conv.wZeroPoint() : ((QuantizedMatMul) anchor).wZeroPoint();
  }

  /** The epilogue and the rounding, as one expression. */
  Expression rounded() {
    return rounding.map(own -> rounded(epilogue, own)).orElse(epilogue);
  }

  /** The byte of so many steps. */
  static Expression rounded(Expression steps, ByteRounding rounding) {
    return steps.apply(Expression.Function.ROUND)
        .plus(Expression.constant(rounding.zeroPoint()))
        .max(Expression.constant(rounding.lowest()))
        .min(Expression.constant(rounding.highest()));
  }

  /** Why kernels on tensor cores do not take a product; empty where they do. */
  Optional<String> refusal(KernelRequest request) {
    for (int input = WEIGHTS; input <= START; input++) {
      if (request.constant(port(input)).isEmpty()) {
        return Optional.of("input " + port(input) + " that is computed (expected: constant weights, scales and sums)");
      }
    }
    if (has(X_SCALE) || has(X_ZERO_POINT) || wZeroPoint() != 0) {
      return Optional.of("scales that are computed, or zero point " + wZeroPoint() + " of weights (expected: neither)");
    }
    return request.input(port(0)).bytes() == 0 || request.output().bytes() == 0
        ? Optional.of("no elements (expected: some)")
        : Optional.empty();
  }

  /** Ports that are read in packed form only. */
  List<Integer> constantPorts() {
    return new ArrayList<>(anchorInputs.subList(WEIGHTS, START + 1));
  }
}
