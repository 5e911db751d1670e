package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import java.util.ArrayList;
import java.util.List;

/** The passes of each stage, in the order in which they run; a stage repeats its list until nothing changes. */
public final class Pipelines {
  private Pipelines() {}

  /** Folds, eliminates and fuses; the result is a standard ONNX graph that any other runtime takes. */
  public static List<Pass> simplify() {
    return List.of(
        new EliminateDeadCode(),
        new EliminateIdentity(),
        new FoldConstants(),
        new RefineTypes(),
        new FoldConditions(),
        new FoldShapeInputs(),
        new EliminateCommonSubexpressions(),
        new MergeReshapes(),
        new MergeTransposes(),
        new SinkTransposes(),
        new HoistTransposeOverConcat(),
        new HoistTransposeOverReshape(),
        new FuseChannelSplit(),
        new FoldPad(),
        new FoldSpaceToDepth(),
        new FuseMatMulAdd(),
        new FoldBatchNormalization(),
        new FoldAffine(),
        new FuseHardSigmoid(),
        new FuseHardSwish(),
        new FuseGelu(),
        new FuseLayerNormalization(),
        new FuseSoftmax());
  }

  /** What engines want besides {@link #simplify()}: still operators of ONNX, but of its newest opset. */
  public static List<Pass> lower() {
    List<Pass> passes = new ArrayList<>(simplify());
    passes.addAll(List.of(
        new FoldDequantizedWeights(),
        new DecomposeBatchNormalization(),
        new FuseSwish(),
        new FuseRMSNormalization(),
        new FuseParallelConvolutions()));
    return List.copyOf(passes);
  }

  /**
   * {@link #lower()} for backends that have a kernel for Attention, without which its reference would run, and that
   * read queries, keys and values out of one product.
   */
  public static List<Pass> lowerWithAttention() {
    List<Pass> passes = new ArrayList<>(lower());
    passes.add(new FuseAttention());
    passes.add(new FuseParallelMatMuls());
    return List.copyOf(passes);
  }

  /** Runs {@link #simplify()} on a graph. */
  public static Optimization simplify(Graph graph) {
    return new PassDriver().run(simplify(), graph);
  }

  /** Runs {@link #lower()} on a graph. */
  public static Optimization lower(Graph graph) {
    return new PassDriver().run(lower(), graph);
  }
}
