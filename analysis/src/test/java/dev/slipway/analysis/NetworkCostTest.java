package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.operators.Network.Window;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Multiply-adds and parameters of networks whose numbers are published, built layer by layer; parameters of convolutional
 * networks are those of torchvision's model cards, where normalisation counts a scale and a shift.
 */
class NetworkCostTest {
  /** All weights lie here. */
  private static final MemorySegment ZEROS = Arena.ofAuto().allocate(4L * 25088 * 4096, 64);

  private Network network = new Network("network");

  private static Tensor weights(long... dims) {
    TensorType type = TensorType.of(DType.FLOAT32, dims);
    return new Tensor(type, ZEROS.asSlice(0, type.bytes()));
  }

  private static void check(Graph graph, long macs, long parameters) {
    ModelCost cost = ModelCost.of(graph);
    assertThat(cost.total().macs()).isEqualTo(Dim.of(macs));
    assertThat(cost.precision().get(DType.FLOAT32)).isEqualTo(parameters);
  }

  private Layer image(long size) {
    return network.input("image", TensorType.of(DType.FLOAT32, 1, 3, size, size));
  }

  private static int channels(Layer x) {
    return (int) x.type().shape().known()[1];
  }

  private Layer conv(Layer x, int outputs, int kernel, Window window) {
    return x.conv(weights(outputs, channels(x), kernel, kernel), weights(outputs), window);
  }

  /** Convolution, then scale and shift, as normalisation is in inference. */
  private Layer normalized(Layer x, int outputs, int kernel, Window window) {
    long inputs = channels(x) / window.groups();
    return x.conv(weights(outputs, inputs, kernel, kernel), window)
        .mul(weights(outputs, 1, 1))
        .add(weights(outputs, 1, 1));
  }

  private Layer dense(Layer x, long outputs) {
    long inputs = x.type().shape().known()[x.type().shape().rank() - 1];
    return x.matMul(weights(inputs, outputs)).add(weights(outputs));
  }

  private static Window padded(int pad) {
    return Network.window().pad(pad);
  }

  // ---- convolutional networks

  @Test
  void lenet() {
    Layer x = network.input("image", TensorType.of(DType.FLOAT32, 1, 1, 28, 28));
    x = conv(x, 6, 5, padded(2)).relu().maxPool(2, Network.window().stride(2));
    x = conv(x, 16, 5, Network.window()).relu().maxPool(2, Network.window().stride(2)).flatten();
    check(dense(dense(dense(x, 120).relu(), 84).relu(), 10).output("y"), 416_520, 61_706);
  }

  @Test
  void alexnet() {
    Window pool = Network.window().stride(2);
    Layer x = conv(image(224), 64, 11, padded(2).stride(4)).relu().maxPool(3, pool);
    x = conv(x, 192, 5, padded(2)).relu().maxPool(3, pool);
    x = conv(conv(conv(x, 384, 3, padded(1)).relu(), 256, 3, padded(1)).relu(), 256, 3, padded(1)).relu();
    x = x.maxPool(3, pool).flatten();
    check(dense(dense(dense(x, 4096).relu(), 4096).relu(), 1000).output("y"), 714_188_480, 61_100_840);
  }

  @Test
  void vgg16() {
    Layer x = image(224);
    for (List<Integer> stage : List.of(
        List.of(64, 64), List.of(128, 128), List.of(256, 256, 256), List.of(512, 512, 512), List.of(512, 512, 512))) {
      for (int channels : stage) {
        x = conv(x, channels, 3, padded(1)).relu();
      }
      x = x.maxPool(2, Network.window().stride(2));
    }
    x = dense(dense(dense(x.flatten(), 4096).relu(), 4096).relu(), 1000);
    check(x.output("y"), 15_470_264_320L, 138_357_544);
  }

  @Test
  void resnet18() {
    Layer x = stem();
    for (int stage = 0; stage < 4; stage++) {
      for (int block = 0; block < 2; block++) {
        int width = 64 << stage;
        int stride = block == 0 && stage > 0 ? 2 : 1;
        Layer shortcut = stride == 1 ? x : normalized(x, width, 1, Network.window().stride(stride));
        Layer first = normalized(x, width, 3, padded(1).stride(stride)).relu();
        x = normalized(first, width, 3, padded(1)).add(shortcut).relu();
      }
    }
    check(dense(x.globalAveragePool().flatten(), 1000).output("y"), 1_814_073_344, 11_689_512);
  }

  @Test
  void resnet50() {
    Layer x = stem();
    int[] blocks = {3, 4, 6, 3};
    for (int stage = 0; stage < blocks.length; stage++) {
      for (int block = 0; block < blocks[stage]; block++) {
        x = bottleneck(x, 64 << stage, block == 0 && stage > 0 ? 2 : 1, block == 0);
      }
    }
    check(dense(x.globalAveragePool().flatten(), 1000).output("y"), 4_089_184_256L, 25_557_032);
  }

  private Layer stem() {
    return normalized(image(224), 64, 7, padded(3).stride(2)).relu().maxPool(3, padded(1).stride(2));
  }

  private Layer bottleneck(Layer x, int width, int stride, boolean projects) {
    Layer shortcut = projects ? normalized(x, 4 * width, 1, Network.window().stride(stride)) : x;
    Layer narrow = normalized(x, width, 1, Network.window()).relu();
    Layer spatial = normalized(narrow, width, 3, padded(1).stride(stride)).relu();
    return normalized(spatial, 4 * width, 1, Network.window()).add(shortcut).relu();
  }

  @Test
  void mobilenetV2() {
    Layer x = normalized(image(224), 32, 3, padded(1).stride(2)).relu();
    int[][] stages = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2},
      {6, 320, 1, 1}};
    for (int[] stage : stages) {
      for (int block = 0; block < stage[2]; block++) {
        x = inverted(x, stage[0], stage[1], block == 0 ? stage[3] : 1);
      }
    }
    x = normalized(x, 1280, 1, Network.window()).relu().globalAveragePool().flatten();
    check(dense(x, 1000).output("y"), 300_774_272, 3_504_872);
  }

  private Layer inverted(Layer x, int expansion, int outputs, int stride) {
    int hidden = channels(x) * expansion;
    Layer wide = expansion == 1 ? x : normalized(x, hidden, 1, Network.window()).relu();
    Layer spatial = normalized(wide, hidden, 3, padded(1).stride(stride).group(hidden)).relu();
    Layer y = normalized(spatial, outputs, 1, Network.window());
    return stride == 1 && channels(x) == outputs ? y.add(x) : y;
  }

  @Test
  void squeezenet() {
    Window pool = Network.window().stride(2);
    Layer x = conv(image(224), 64, 3, Network.window().stride(2)).relu().maxPool(3, pool);
    x = fire(fire(x, 16, 64), 16, 64).maxPool(3, pool);
    x = fire(fire(x, 32, 128), 32, 128).maxPool(3, pool);
    x = fire(fire(fire(fire(x, 48, 192), 48, 192), 64, 256), 64, 256);
    x = conv(x, 1000, 1, Network.window()).relu().globalAveragePool();
    check(x.output("y"), 349_151_936, 1_235_496);
  }

  private Layer fire(Layer x, int squeezed, int expanded) {
    Layer narrow = conv(x, squeezed, 1, Network.window()).relu();
    return network.concat(
        1, conv(narrow, expanded, 1, Network.window()).relu(), conv(narrow, expanded, 3, padded(1)).relu());
  }

  // ---- transformers

  /** Four projections and two products of sequence × sequence, then two dense layers. */
  private Layer block(Layer x, int heads, int feedForward) {
    long[] dims = x.type().shape().known();
    long length = dims[1];
    long hidden = dims[2];
    Layer query = dense(x, hidden).reshape(1, length, heads, hidden / heads).transpose(0, 2, 1, 3);
    Layer key = dense(x, hidden).reshape(1, length, heads, hidden / heads).transpose(0, 2, 3, 1);
    Layer value = dense(x, hidden).reshape(1, length, heads, hidden / heads).transpose(0, 2, 1, 3);
    Layer mixed = query.matMul(key).softmax().matMul(value).transpose(0, 2, 1, 3).reshape(1, length, hidden);
    Layer y = layerNormalized(dense(mixed, hidden).add(x));
    return layerNormalized(dense(dense(y, feedForward).relu(), hidden).add(y));
  }

  private Layer layerNormalized(Layer x) {
    long size = x.type().shape().known()[x.type().shape().rank() - 1];
    return x.layerNormalization(weights(size), weights(size), 1e-5f);
  }

  private Layer rows(String ids, int count, int hidden, long length) {
    Layer table = network.constant("table", weights(count, hidden));
    return network.add(
        "Gather", Attributes.of("axis", 0), table, network.input(ids, TensorType.of(DType.INT64, 1, length)));
  }

  private Graph bert(int layers, int hidden, int heads, int feedForward, long length) {
    Layer x = rows("ids", 30522, hidden, length)
        .add(rows("positions", 512, hidden, length))
        .add(rows("types", 2, hidden, length));
    x = layerNormalized(x);
    for (int layer = 0; layer < layers; layer++) {
      x = block(x, heads, feedForward);
    }
    Layer first = network.add(
        "Gather", Attributes.of("axis", 1), x, network.constant("first", Tensor.scalar(0L)));
    return dense(first, hidden).tanh().output("pooled");
  }

  @Test
  void bertBase() {
    check(bert(12, 768, 12, 3072, 128), 11_174_215_680L, 109_482_240);
  }

  @Test
  void miniLm() {
    check(bert(6, 384, 12, 1536, 128), 1_434_599_424, 22_713_216);
  }

  @Test
  void visionTransformer() {
    Layer patches = conv(image(224), 768, 16, Network.window().stride(16)).reshape(1, 768, 196).transpose(0, 2, 1);
    Layer x = network.concat(1, network.constant("class", weights(1, 1, 768)), patches).add(weights(1, 197, 768));
    for (int layer = 0; layer < 12; layer++) {
      x = block(x, 12, 3072);
    }
    Layer first = network.add("Gather", Attributes.of("axis", 1), layerNormalized(x),
        network.constant("first", Tensor.scalar(0L)));
    check(dense(first, 1000).output("y"), 17_563_828_224L, 86_567_656);
  }

  // ---- single operators

  @Test
  void countsBytesOnce() {
    Layer x = network.input("x", TensorType.of(DType.FLOAT32, 1, 8, 10, 10));
    ModelCost cost = ModelCost.of(conv(x, 16, 3, padded(1).stride(2)).output("y"));
    assertThat(cost.total().macs()).isEqualTo(Dim.of(5 * 5 * 16 * 8 * 9));
    assertThat(cost.total().flops()).isEqualTo(Dim.of(5 * 5 * 16 * (2 * 8 * 9 + 1)));
    assertThat(cost.total().bytesRead()).isEqualTo(Dim.of(4 * (800 + 16 * 8 * 9 + 16)));
    assertThat(cost.total().bytesWritten()).isEqualTo(Dim.of(4 * 16 * 25));
    assertThat(cost.weightBytes()).isEqualTo(4 * (16 * 8 * 9 + 16));
  }

  @Test
  void readsOfTablesOnlyTheRowsThatAreAskedFor() {
    ModelCost cost = ModelCost.of(rows("ids", 1000, 16, 3).output("y"));
    assertThat(cost.total().bytesRead()).isEqualTo(Dim.of(3 * 8 + 3 * 16 * 4));
    assertThat(cost.parameters()).isEqualTo(16_000);
  }

  @Test
  void countsBothProductsOfAttention() {
    TensorType type = TensorType.of(DType.FLOAT32, 2, 4, 10, 16);
    Layer q = network.input("q", type);
    Layer y = network.add("Attention", Attributes.NONE, q, network.input("k", type), network.input("v", type));
    assertThat(ModelCost.of(y.output("y")).total().macs()).isEqualTo(Dim.of(2 * 4 * 10 * 10 * (16 + 16)));
  }
}
