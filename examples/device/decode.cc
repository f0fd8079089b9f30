// Decodes a stream with decoder.tflite:  decode decoder.tflite face.ipr face.ppm
//
// The picture becomes a binary PPM (P6, 8 bits). Needs what encode.cc needs, of a release that knows
// every operation of the file; its own message names one that it lacks:
//
//   g++ -std=c++17 -O2 decode.cc -I$TFLITE/include -L$TFLITE/lib -ltensorflowlite_c -o decode

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/lite/c/c_api.h"

namespace {

constexpr size_t kShortestBuffer = 2048;  // Doubled, a buffer seldom changes between streams.
constexpr size_t kLongestStream = size_t{1} << 28;  // Of this example.

using Model = std::unique_ptr<TfLiteModel, decltype(&TfLiteModelDelete)>;
using Options =
    std::unique_ptr<TfLiteInterpreterOptions, decltype(&TfLiteInterpreterOptionsDelete)>;
using Interpreter = std::unique_ptr<TfLiteInterpreter, decltype(&TfLiteInterpreterDelete)>;

// Prints an error and gives the exit code.
int Fail(const std::string& message) {
  std::cerr << "decode: " << message << "\n";
  return 1;
}

// The one input of a type, as its place, or -1: stream uint8, length int32.
int InputOfType(const TfLiteInterpreter* interpreter, TfLiteType type) {
  for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); ++i) {
    if (TfLiteTensorType(TfLiteInterpreterGetInputTensor(interpreter, i)) == type) return i;
  }
  return -1;
}

// The one output of a type, or null: image uint8, status int32.
const TfLiteTensor* OutputOfType(const TfLiteInterpreter* interpreter, TfLiteType type) {
  for (int i = 0; i < TfLiteInterpreterGetOutputTensorCount(interpreter); ++i) {
    const TfLiteTensor* tensor = TfLiteInterpreterGetOutputTensor(interpreter, i);
    if (TfLiteTensorType(tensor) == type) return tensor;
  }
  return nullptr;
}

// Leaves the picture in the interpreter's output.
int Decode(TfLiteInterpreter* interpreter, const std::vector<uint8_t>& stream) {
  const int bytes = InputOfType(interpreter, kTfLiteUInt8);
  const int count = InputOfType(interpreter, kTfLiteInt32);
  if (bytes < 0 || count < 0 || TfLiteInterpreterGetInputTensorCount(interpreter) != 2) {
    return Fail("the file is not a decoder of a stream and its length");
  }
  // A file for pictures of one size has a buffer of its own; else any length does.
  size_t size = TfLiteTensorByteSize(TfLiteInterpreterGetInputTensor(interpreter, bytes));
  if (size < stream.size() || size < kShortestBuffer) {
    for (size = kShortestBuffer; size < stream.size();) size *= 2;
    const int length = static_cast<int>(size);
    if (TfLiteInterpreterResizeInputTensor(interpreter, bytes, &length, 1) != kTfLiteOk) {
      return Fail("the decoder takes no streams of this length");
    }
  }
  std::vector<uint8_t> buffer(stream);
  buffer.resize(size);
  const auto length = static_cast<int32_t>(stream.size());
  if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk ||
      TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, bytes),
                                 buffer.data(), buffer.size()) != kTfLiteOk ||
      TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, count), &length,
                                 sizeof(length)) != kTfLiteOk ||
      TfLiteInterpreterInvoke(interpreter) != kTfLiteOk) {
    return Fail("decoding failed");
  }
  const TfLiteTensor* outcome = OutputOfType(interpreter, kTfLiteInt32);
  const TfLiteTensor* image = OutputOfType(interpreter, kTfLiteUInt8);
  int32_t status = 0;
  if (image == nullptr || outcome == nullptr || TfLiteTensorNumDims(image) != 3 ||
      TfLiteTensorDim(image, 2) != 3 ||
      TfLiteTensorCopyToBuffer(outcome, &status, sizeof(status)) != kTfLiteOk) {
    return Fail("the file's outputs are not a decoder's");
  }
  if (status != 0) {
    return Fail("the stream is damaged or of another model (status " + std::to_string(status) +
                " of tf_ipr/format/stream_status.py)");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: decode DECODER.tflite STREAM.ipr IMAGE.ppm\n";
    return 2;
  }
  std::ifstream input(argv[2], std::ios::binary);
  const std::vector<uint8_t> stream{std::istreambuf_iterator<char>(input), {}};
  if (!input || stream.empty() || stream.size() > kLongestStream) {
    return Fail(std::string(argv[2]) + " cannot be read, is empty, or is no stream");
  }
  Model model(TfLiteModelCreateFromFile(argv[1]), TfLiteModelDelete);
  if (model == nullptr) return Fail(std::string(argv[1]) + " is no TFLite model");
  Options options(TfLiteInterpreterOptionsCreate(), TfLiteInterpreterOptionsDelete);
  TfLiteInterpreterOptionsSetNumThreads(options.get(), 1);
  Interpreter interpreter(TfLiteInterpreterCreate(model.get(), options.get()),
                          TfLiteInterpreterDelete);
  if (interpreter == nullptr) return Fail("the model needs another TFLite");
  if (int code = Decode(interpreter.get(), stream)) return code;
  const TfLiteTensor* image = OutputOfType(interpreter.get(), kTfLiteUInt8);
  const int height = TfLiteTensorDim(image, 0), width = TfLiteTensorDim(image, 1);
  std::ofstream output(argv[3], std::ios::binary);
  output << "P6\n" << width << " " << height << "\n255\n";
  output.write(static_cast<const char*>(TfLiteTensorData(image)), TfLiteTensorByteSize(image));
  output.close();
  if (!output) return Fail(std::string("cannot write ") + argv[3]);
  std::cout << argv[3] << ": " << width << "x" << height << " pixels\n";
  return 0;
}
