package dev.slipway.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PreprocessingLayerTest {
  private static final Preprocessing EVERYTHING = Preprocessing.to(PixelFormat.RGB)
      .then(new ImageStep.Pad(1, 2, 3, 4, new Color(1, 2, 3)))
      .resizeShortSide(20)
      .centerCrop(18, 16)
      .normalize(Normalization.IMAGENET);
  private static final Preprocessing FRAME = Preprocessing.to(PixelFormat.BGR)
      .then(new ImageStep.Letterbox(
          24, 24, ImageStep.Letterbox.Anchor.TOP_LEFT, Color.grey(114), Interpolation.ANTIALIASED));

  private static Graph network(String input) {
    return GraphParser.parse("""
        graph network {
          input x: %s
          y = Neg(x)
          output "y" = y
        }
        """.formatted(input), Operators::get);
  }

  private static Tensor picture(Image image) {
    Tensor tensor = Tensor.allocate(DType.UINT8, 1, image.height(), image.width(), image.channels());
    for (int i = 0; i < image.pixels().length; i++) {
      tensor.setLong(i, image.pixels()[i] & 0xff);
    }
    return tensor;
  }

  private static Image random(int width, int height, PixelFormat format) {
    byte[] pixels = new byte[width * height * format.channels()];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt();
    }
    return new Image(width, height, format, pixels);
  }

  @Test
  void computesWhatThePreprocessingDoes() {
    Graph graph = PreprocessingLayer.prepend(
        network("float32[N, 3, 16, 18]"), "x", EVERYTHING, PixelFormat.BGR, PixelOrder.PLANAR);
    Image image = random(50, 40, PixelFormat.BGR);
    float[] expected = EVERYTHING.apply(image).toFloats();
    float[] actual = ((Tensor) new Interpreter().run(graph, List.of(picture(image))).getFirst()).toFloats();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(-actual[i]).isEqualTo(expected[i]);
    }
  }

  @Test
  void ordersChannelsLast() {
    Graph graph = PreprocessingLayer.prepend(
        network("float32[1, 24, 24, 3]"), "x", FRAME, PixelFormat.RGB, PixelOrder.INTERLEAVED);
    Image image = random(30, 40, PixelFormat.RGB);
    Tensor planar = FRAME.apply(image);
    Tensor actual = (Tensor) new Interpreter().run(graph, List.of(picture(image))).getFirst();
    for (int c = 0; c < 3; c++) {
      for (int pixel = 0; pixel < 24 * 24; pixel++) {
        assertThat(-actual.getDouble(pixel * 3 + c)).isEqualTo(planar.getDouble(c * 24 * 24 + pixel));
      }
    }
  }

  @Test
  void isKeptAsText() {
    Graph graph = PreprocessingLayer.prepend(
        network("float32[N, C, H, W]"), "x", EVERYTHING, PixelFormat.GREY, PixelOrder.PLANAR);
    Graph read = GraphParser.parse(GraphPrinter.print(graph), Operators::get);
    assertThat(read.nodes().getFirst().op()).isEqualTo(graph.nodes().getFirst().op());
    assertThat(GraphPrinter.print(read)).isEqualTo(GraphPrinter.print(graph)).contains("center-crop 18 16");
  }

  @Test
  void knowsTheSizeWithoutThatOfThePicture() {
    Graph graph =
        PreprocessingLayer.prepend(network("float32[N, C, H, W]"), "x", FRAME, PixelFormat.BGR, PixelOrder.PLANAR);
    assertThat(graph.tensorType(graph.outputs().get("y")).shape().slice(1, 4)).isEqualTo(Shape.of(3, 24, 24));
  }

  @Test
  void refusesWhatTheNetworkDoesNotTake() {
    assertThatThrownBy(() -> PreprocessingLayer.prepend(
            network("float32[1, 3, 32, 32]"), "x", FRAME, PixelFormat.BGR, PixelOrder.PLANAR))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("prepared pictures: ")
        .hasMessageContaining("as input x of the network has");
  }

  @Test
  void leavesToTheHostWhatIsResizedTwice() {
    TensorType pictures = TensorType.of(DType.UINT8, 1, 40, 50, 3);
    assertThat(sources(FRAME, pictures)).isEqualTo(1);
    assertThat(sources(FRAME.resize(24, 24), pictures)).isZero();
  }

  private static int sources(Preprocessing preprocessing, TensorType pictures) {
    PreprocessingLayer.Layer layer = new PreprocessingLayer.Layer(preprocessing, PixelFormat.BGR, PixelOrder.PLANAR);
    TensorType values = TensorType.of(DType.FLOAT32, 1, 3, 24, 24);
    return new PreprocessingLayer()
        .cuda(new CudaRequest(layer, List.of(Optional.of(pictures)), List.of(values)))
        .size();
  }
}
