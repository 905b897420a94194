#include "textflag.h"

// Both tiles read one column of a and one row of b's panel for each step of depth: AX, R8, R9 and
// R10 walk the first of every so many rows of a, R11 and R12 are one and two rows further, R13 the
// bytes from one column to the next; BX walks b, CX counts depth, DI is c, SI the bytes from one
// row of c to the next.

#define ARGUMENTS \
	MOVQ depth+0(FP), CX; \
	MOVQ a+8(FP), AX; \
	MOVQ down+16(FP), R11; \
	MOVQ right+24(FP), R13; \
	MOVQ b+32(FP), BX; \
	MOVQ c+40(FP), DI; \
	MOVQ stride+48(FP), SI; \
	SHLQ $2, R11; \
	SHLQ $2, R13; \
	SHLQ $2, SI; \
	LEAQ (R11)(R11*1), R12; \
	LEAQ (R12)(R11*1), R14; \
	LEAQ (AX)(R14*1), R8

#define ROW512(from, t, low, high) \
	VBROADCASTSS from, t; \
	VFMADD231PS Z0, t, low; \
	VFMADD231PS Z1, t, high

#define ADD512(low, high) \
	VADDPS (DX), low, low; \
	VADDPS 64(DX), high, high; \
	ADDQ SI, DX

#define STORE512(low, high) \
	VMOVUPS low, (DI); \
	VMOVUPS high, 64(DI); \
	ADDQ SI, DI

// TOUCH512 fetches a row of c, which is on its way while its sums form.
#define TOUCH512 \
	PREFETCHT0 (DX); \
	PREFETCHT0 64(DX); \
	ADDQ SI, DX

#define CLEAR512(low, high) \
	VPXORQ low, low, low; \
	VPXORQ high, high, high

// func multiply12x32(depth int, a *float32, down, right int, b, c *float32, stride int, add bool)
TEXT ·multiply12x32(SB), NOSPLIT, $0-57
	ARGUMENTS
	LEAQ (R8)(R14*1), R9
	LEAQ (R9)(R14*1), R10
	MOVQ DI, DX
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	TOUCH512
	CLEAR512(Z8, Z9)
	CLEAR512(Z10, Z11)
	CLEAR512(Z12, Z13)
	CLEAR512(Z14, Z15)
	CLEAR512(Z16, Z17)
	CLEAR512(Z18, Z19)
	CLEAR512(Z20, Z21)
	CLEAR512(Z22, Z23)
	CLEAR512(Z24, Z25)
	CLEAR512(Z26, Z27)
	CLEAR512(Z28, Z29)
	CLEAR512(Z30, Z31)

step512:
	VMOVUPS (BX), Z0
	VMOVUPS 64(BX), Z1
	ROW512((AX), Z2, Z8, Z9)
	ROW512((AX)(R11*1), Z3, Z10, Z11)
	ROW512((AX)(R12*1), Z4, Z12, Z13)
	ROW512((R8), Z5, Z14, Z15)
	ROW512((R8)(R11*1), Z6, Z16, Z17)
	ROW512((R8)(R12*1), Z7, Z18, Z19)
	ROW512((R9), Z2, Z20, Z21)
	ROW512((R9)(R11*1), Z3, Z22, Z23)
	ROW512((R9)(R12*1), Z4, Z24, Z25)
	ROW512((R10), Z5, Z26, Z27)
	ROW512((R10)(R11*1), Z6, Z28, Z29)
	ROW512((R10)(R12*1), Z7, Z30, Z31)
	ADDQ R13, AX
	ADDQ R13, R8
	ADDQ R13, R9
	ADDQ R13, R10
	ADDQ $128, BX
	DECQ CX
	JNZ  step512

	CMPB add+56(FP), $0
	JEQ  store512
	MOVQ DI, DX
	ADD512(Z8, Z9)
	ADD512(Z10, Z11)
	ADD512(Z12, Z13)
	ADD512(Z14, Z15)
	ADD512(Z16, Z17)
	ADD512(Z18, Z19)
	ADD512(Z20, Z21)
	ADD512(Z22, Z23)
	ADD512(Z24, Z25)
	ADD512(Z26, Z27)
	ADD512(Z28, Z29)
	ADD512(Z30, Z31)

store512:
	STORE512(Z8, Z9)
	STORE512(Z10, Z11)
	STORE512(Z12, Z13)
	STORE512(Z14, Z15)
	STORE512(Z16, Z17)
	STORE512(Z18, Z19)
	STORE512(Z20, Z21)
	STORE512(Z22, Z23)
	STORE512(Z24, Z25)
	STORE512(Z26, Z27)
	STORE512(Z28, Z29)
	STORE512(Z30, Z31)
	VZEROUPPER
	RET

#define ROW256(from, t, low, high) \
	VBROADCASTSS from, t; \
	VFMADD231PS Y0, t, low; \
	VFMADD231PS Y1, t, high

#define ADD256(low, high) \
	VADDPS (DX), low, low; \
	VADDPS 32(DX), high, high; \
	ADDQ SI, DX

#define STORE256(low, high) \
	VMOVUPS low, (DI); \
	VMOVUPS high, 32(DI); \
	ADDQ SI, DI

#define CLEAR256(low, high) \
	VXORPS low, low, low; \
	VXORPS high, high, high

// func multiply6x16(depth int, a *float32, down, right int, b, c *float32, stride int, add bool)
TEXT ·multiply6x16(SB), NOSPLIT, $0-57
	ARGUMENTS
	CLEAR256(Y4, Y5)
	CLEAR256(Y6, Y7)
	CLEAR256(Y8, Y9)
	CLEAR256(Y10, Y11)
	CLEAR256(Y12, Y13)
	CLEAR256(Y14, Y15)

step256:
	VMOVUPS (BX), Y0
	VMOVUPS 32(BX), Y1
	ROW256((AX), Y2, Y4, Y5)
	ROW256((AX)(R11*1), Y3, Y6, Y7)
	ROW256((AX)(R12*1), Y2, Y8, Y9)
	ROW256((R8), Y3, Y10, Y11)
	ROW256((R8)(R11*1), Y2, Y12, Y13)
	ROW256((R8)(R12*1), Y3, Y14, Y15)
	ADDQ R13, AX
	ADDQ R13, R8
	ADDQ $64, BX
	DECQ CX
	JNZ  step256

	CMPB add+56(FP), $0
	JEQ  store256
	MOVQ DI, DX
	ADD256(Y4, Y5)
	ADD256(Y6, Y7)
	ADD256(Y8, Y9)
	ADD256(Y10, Y11)
	ADD256(Y12, Y13)
	ADD256(Y14, Y15)

store256:
	STORE256(Y4, Y5)
	STORE256(Y6, Y7)
	STORE256(Y8, Y9)
	STORE256(Y10, Y11)
	STORE256(Y12, Y13)
	STORE256(Y14, Y15)
	VZEROUPPER
	RET
