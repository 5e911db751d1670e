package dev.slipway.backend.cpu;

import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.KernelRequest;
import dev.slipway.graph.Op;
import dev.slipway.operators.AveragePool;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Expression;
import dev.slipway.operators.GlobalAveragePool;
import dev.slipway.operators.MaxPool;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A request with an anchor, made ready for a kernel: constants of one element are in the expression, a constant that is
 * added to each channel first is a bias, and what the expression still reads are sides.
 *
 * @param anchorInputs for each input of the anchor the port of the request; -1 for one that is absent
 * @param biasPort port of a constant that is added to the anchor's result for each channel; -1 where there is none
 * @param lateBiasPort port of a convolution's own bias that the expression adds, to one rounding: a sum that starts at
 *     the bias rounds every product to the bias's size. Where a loop over the tile follows anyway that costs next to
 *     nothing; -1 where the sum starts at the bias
 * @param expression over {@code Input(RESULT)} and {@code Input(i)}, the i-th of the side ports
 * @param sidePorts ports of the request
 */
record AnchoredGroup(
    Op anchor,
    List<Integer> anchorInputs,
    int biasPort,
    int lateBiasPort,
    Expression expression,
    List<Integer> sidePorts) {
  /** Ports beyond those of any request, for sides while they are renumbered. */
  private static final int SIDE_BASE = 1 << 16;

  /** The input of a convolution that is its bias. */
  private static final int CONV_BIAS = 2;

  private static final Expression MARK = Expression.input(SIDE_BASE - 1);

  /**
   * Takes a request apart; empty where it has no anchor or is no group.
   *
   * @param channelAxis axis of the output along which a bias may run; negative counts from the end
   */
  static Optional<AnchoredGroup> of(KernelRequest request, int channelAxis) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || group.get().anchor().isEmpty() || request.outputs().size() != 1) {
      return Optional.empty();
    }
    Expression expression = withScalars(group.get().epilogue(), request);
    int bias = -1;
    for (int port : hasBias(group.get().anchor().get()) ? ports(expression) : List.<Integer>of()) {
      Expression result = Expression.input(FusedGroup.RESULT);
      Expression sum = result.plus(Expression.input(port));
      Expression other = Expression.input(port).plus(result);
      Expression rest = replace(replace(expression, sum, MARK), other, MARK);
      if (isChannelConstant(request, port, channelAxis) && !reads(rest, FusedGroup.RESULT) && !reads(rest, port)) {
        bias = port;
        expression = replace(rest, MARK, result);
        break;
      }
    }
    List<Integer> anchorInputs = new ArrayList<>(group.get().anchorInputs());
    int lateBias = lateBias(request, group.get(), bias, expression);
    if (lateBias >= 0) {
      Expression result = Expression.input(FusedGroup.RESULT);
      expression = replace(replace(expression, result, MARK), MARK, result.plus(Expression.input(lateBias)));
      anchorInputs.set(CONV_BIAS, -1);
    }
    List<Integer> sides = ports(expression);
    for (int i = 0; i < sides.size(); i++) {
      expression = replace(expression, Expression.input(sides.get(i)), Expression.input(SIDE_BASE + i));
    }
    for (int i = 0; i < sides.size(); i++) {
      expression = replace(expression, Expression.input(SIDE_BASE + i), Expression.input(i));
    }
    return Optional.of(
        new AnchoredGroup(group.get().anchor().get(), anchorInputs, bias, lateBias, expression, sides));
  }

  /** Whether kernels of the anchor add a bias; to a pooling what is added is a side. */
  private static boolean hasBias(Op anchor) {
    return !(anchor instanceof MaxPool || anchor instanceof AveragePool || anchor instanceof GlobalAveragePool);
  }

  /** The port of a constant bias of a convolution whose epilogue is a loop over the tile; else -1. */
  private static int lateBias(KernelRequest request, FusedGroup group, int addedBias, Expression expression) {
    if (!(group.anchor().orElseThrow() instanceof Conv) || group.anchorInputs().size() <= CONV_BIAS || addedBias >= 0) {
      return -1;
    }
    int port = group.anchorInputs().get(CONV_BIAS);
    boolean loops = ports(expression).isEmpty() && !Epilogue.of(expression).inline();
    return port >= 0 && request.constant(port).isPresent() && loops ? port : -1;
  }

  /** The port of an input of the anchor; -1 where it is absent. */
  int port(int anchorInput) {
    return anchorInput < anchorInputs.size() ? anchorInputs.get(anchorInput) : -1;
  }

  /**
   * How the sides lie beside the output; empty where one lies in no way that kernels take.
   *
   * @param channelAxis axis of the output that runs over channels; negative counts from the end
   */
  Optional<Epilogue> epilogue(KernelRequest request, int channelAxis) {
    List<Side> sides = new ArrayList<>();
    for (int port : sidePorts) {
      Optional<Side> side = port == lateBiasPort ? Optional.of(Side.CHANNEL) : side(request, port, channelAxis);
      if (side.isEmpty()) {
        return Optional.empty();
      }
      sides.add(side.get());
    }
    if (sides.size() > Epilogue.MAX_SIDES || !ExpressionCode.supports(expression)) {
      return Optional.empty();
    }
    return Optional.of(new Epilogue(expression, sides));
  }

  /** The name of the first side that no kernel takes, for a message. */
  String refusal(KernelRequest request, int channelAxis) {
    for (int port : sidePorts) {
      if (port != lateBiasPort && side(request, port, channelAxis).isEmpty()) {
        return "epilogue input " + request.input(port) + " (expected: the shape " + request.output()
            + ", one element for each channel, or one)";
      }
    }
    return "epilogue " + expression + " with " + sidePorts.size() + " inputs (expected: at most "
        + Epilogue.MAX_SIDES + " and functions that have vector code)";
  }

  private static Optional<Side> side(KernelRequest request, int port, int channelAxis) {
    TensorType type = request.input(port);
    TensorType output = request.output();
    if (type.dtype() != DType.FLOAT32) {
      return Optional.empty();
    }
    if (type.equals(output)) {
      return Optional.of(Side.FULL);
    }
    if (Shape.product(type.shape().known()) == 1 && type.layout() == Layout.CONTIGUOUS) {
      return Optional.of(Side.SCALAR);
    }
    if (!isPerChannel(type, output, channelAxis)) {
      return Optional.empty();
    }
    boolean padded = request.constant(port).isPresent()
        || type.layout() instanceof Layout.Blocked
        || Shape.product(type.shape().known()) % Memory.LANES == 0;
    return padded ? Optional.of(Side.CHANNEL) : Optional.empty();
  }

  private static boolean isChannelConstant(KernelRequest request, int port, int channelAxis) {
    Optional<Tensor> constant = request.constant(port);
    return constant.isPresent()
        && constant.get().dtype() == DType.FLOAT32
        && isPerChannel(constant.get().type(), request.output(), channelAxis);
  }

  /** Whether a tensor broadcasts along all axes of the output but that of the channels, which it has in full. */
  static boolean isPerChannel(TensorType type, TensorType output, int channelAxis) {
    long[] dims = type.shape().known();
    long[] out = output.shape().known();
    int channel = channelAxis < 0 ? out.length + channelAxis : channelAxis;
    int lead = out.length - dims.length;
    if (lead < 0 || channel < lead || channel >= out.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != (i + lead == channel ? out[channel] : 1)) {
        return false;
      }
    }
    return true;
  }

  /** The expression with constants of one element in place of their ports. */
  static Expression withScalars(Expression expression, KernelRequest request) {
    for (int port : ports(expression)) {
      Optional<Tensor> constant = request.constant(port);
      if (constant.isPresent() && constant.get().elementCount() == 1) {
        Expression value = Expression.constant(constant.get().getDouble(0));
        expression = replace(expression, Expression.input(port), value);
      }
    }
    return expression;
  }

  /** The ports of the request that an expression reads, in order of their first appearance. */
  static List<Integer> ports(Expression expression) {
    List<Integer> ports = new ArrayList<>();
    collect(expression, ports);
    return ports;
  }

  private static void collect(Expression expression, List<Integer> ports) {
    switch (expression) {
      case Expression.Input(int port) -> {
        if (port != FusedGroup.RESULT && !ports.contains(port)) {
          ports.add(port);
        }
      }
      case Expression.Constant _ -> {}
      case Expression.Unary(_, Expression x) -> collect(x, ports);
      case Expression.Binary(_, Expression x, Expression y) -> {
        collect(x, ports);
        collect(y, ports);
      }
      case Expression.Select(Expression c, Expression y, Expression z) -> {
        collect(c, ports);
        collect(y, ports);
        collect(z, ports);
      }
    }
  }

  private static boolean reads(Expression expression, int port) {
    return !replace(expression, Expression.input(port), Expression.constant(0)).equals(expression);
  }

  /** The expression with one part of it in place of another, wherever it stands. */
  static Expression replace(Expression in, Expression what, Expression with) {
    if (in.equals(what)) {
      return with;
    }
    return switch (in) {
      case Expression.Input _, Expression.Constant _ -> in;
      case Expression.Unary(var f, Expression x) -> new Expression.Unary(f, replace(x, what, with));
      case Expression.Binary(var o, Expression x, Expression y) ->
          new Expression.Binary(o, replace(x, what, with), replace(y, what, with));
      case Expression.Select(Expression c, Expression y, Expression z) ->
          new Expression.Select(replace(c, what, with), replace(y, what, with), replace(z, what, with));
    };
  }
}
