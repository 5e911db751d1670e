package dev.slipway.backend;

import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.Expression;
import dev.slipway.operators.Fused;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request as a kernel generator sees it: an anchor that computes (a convolution, a product, a pooling), and an
 * elementwise expression of its result. A single operator is a group too: with an anchor and no epilogue, or, when it
 * is elementwise itself, without an anchor.
 *
 * @param anchor the operator that is not elementwise; empty for a purely elementwise group
 * @param anchorInputs for each input of the anchor the input of the request that it is; -1 for one that is absent
 * @param epilogue what becomes of each element: {@code Input(RESULT)} is the anchor's result, {@code Input(i)} input i
 *     of the request, broadcast to the result's shape; {@code Input(RESULT)} alone where nothing follows
 */
public record FusedGroup(Optional<Op> anchor, List<Integer> anchorInputs, Expression epilogue) {

  /** The port of the epilogue that stands for the anchor's result. */
  public static final int RESULT = -1;

  /** Stands for an input that is not there; no expression reads it. */
  private static final Expression NOTHING = Expression.constant(Double.NaN);

  /** Whether the anchor's result is the output as it is. */
  public boolean isPlain() {
    return epilogue.equals(Expression.input(RESULT));
  }

  /** Takes a request apart; empty where a fused body is not of this form or has several outputs. */
  public static Optional<FusedGroup> of(KernelRequest request) {
    if (request.op() instanceof Fused(Graph body)) {
      return ofBody(body);
    }
    if (request.op() instanceof Elementwise elementwise) {
      return Optional.of(new FusedGroup(Optional.empty(), List.of(), expression(elementwise, request)));
    }
    List<Integer> inputs = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      inputs.add(request.has(i) ? i : -1);
    }
    return Optional.of(new FusedGroup(Optional.of(request.op()), inputs, Expression.input(RESULT)));
  }

  private static Optional<FusedGroup> ofBody(Graph body) {
    return body.outputs().size() == 1
        ? of(body, Map.of(), body.outputs().values().iterator().next())
        : Optional.empty();
  }

  /**
   * Takes a fused body apart up to one of its values; empty where it is not of this form.
   *
   * @param given what values of the body are, in place of the nodes that compute them
   */
  public static Optional<FusedGroup> of(Graph body, Map<ValueId, Expression> given, ValueId result) {
    Map<ValueId, Expression> known = new HashMap<>(given);
    for (int i = 0; i < body.inputs().size(); i++) {
      known.put(body.inputs().get(i), Expression.input(i));
    }
    for (Map.Entry<ValueId, Tensor> constant : body.constants().entrySet()) {
      if (constant.getValue().elementCount() == 1) {
        known.put(constant.getKey(), scalar(constant.getValue()));
      }
    }
    Optional<Op> anchor = Optional.empty();
    List<Integer> anchorInputs = List.of();
    for (Node node : body.nodes()) {
      if (known.containsKey(result)) {
        break;
      }
      if (given.containsKey(node.output())) {
        continue;
      }
      if (node.op() instanceof Elementwise elementwise) {
        List<Expression> arguments = new ArrayList<>();
        List<Boolean> present = new ArrayList<>();
        for (ValueId id : node.inputs()) {
          present.add(id.isPresent());
          if (id.isPresent() && !known.containsKey(id)) {
            return Optional.empty();
          }
          arguments.add(known.getOrDefault(id, NOTHING));
        }
        known.put(node.output(), elementwise.expression(present).substitute(arguments));
        continue;
      }
      if (anchor.isPresent() || node.outputs().size() != 1) {
        return Optional.empty();
      }
      anchor = Optional.of(node.op());
      anchorInputs = places(node.inputs(), body.inputs());
      known.put(node.output(), Expression.input(RESULT));
    }
    return known.containsKey(result)
        ? Optional.of(new FusedGroup(anchor, anchorInputs, known.get(result)))
        : Optional.empty();
  }

  private static List<Integer> places(List<ValueId> ids, List<ValueId> among) {
    List<Integer> places = new ArrayList<>(ids.size());
    for (ValueId id : ids) {
      places.add(among.indexOf(id));
    }
    return places;
  }

  private static Expression expression(Elementwise op, KernelRequest request) {
    List<Boolean> present = new ArrayList<>();
    List<Expression> arguments = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      present.add(request.has(i));
      boolean isScalar = request.constant(i).isPresent() && request.constant(i).get().elementCount() == 1;
      arguments.add(isScalar ? scalar(request.constant(i).get()) : Expression.input(i));
    }
    return op.expression(present).substitute(arguments);
  }

  private static Expression scalar(Tensor tensor) {
    return Expression.constant(tensor.getDouble(0));
  }
}
