#include "textflag.h"

// Both tiles read one column of a's panel and one row of b's for each step of depth:
// AX walks a, BX walks b, CX counts depth, DI is c, SI the bytes from one row of c to the next.

#define ROW512(offset, t, low, high) \
	VBROADCASTSS offset(AX), t; \
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

#define CLEAR512(low, high) \
	VPXORQ low, low, low; \
	VPXORQ high, high, high

// func multiply12x32(depth int, a, b, c *float32, stride int, add bool)
TEXT ·multiply12x32(SB), NOSPLIT, $0-41
	MOVQ depth+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ c+24(FP), DI
	MOVQ stride+32(FP), SI
	SHLQ $2, SI
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
	ROW512(0, Z2, Z8, Z9)
	ROW512(4, Z3, Z10, Z11)
	ROW512(8, Z4, Z12, Z13)
	ROW512(12, Z5, Z14, Z15)
	ROW512(16, Z6, Z16, Z17)
	ROW512(20, Z7, Z18, Z19)
	ROW512(24, Z2, Z20, Z21)
	ROW512(28, Z3, Z22, Z23)
	ROW512(32, Z4, Z24, Z25)
	ROW512(36, Z5, Z26, Z27)
	ROW512(40, Z6, Z28, Z29)
	ROW512(44, Z7, Z30, Z31)
	ADDQ $48, AX
	ADDQ $128, BX
	DECQ CX
	JNZ  step512

	CMPB add+40(FP), $0
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

#define ROW256(offset, t, low, high) \
	VBROADCASTSS offset(AX), t; \
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

// func multiply6x16(depth int, a, b, c *float32, stride int, add bool)
TEXT ·multiply6x16(SB), NOSPLIT, $0-41
	MOVQ depth+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ c+24(FP), DI
	MOVQ stride+32(FP), SI
	SHLQ $2, SI
	CLEAR256(Y4, Y5)
	CLEAR256(Y6, Y7)
	CLEAR256(Y8, Y9)
	CLEAR256(Y10, Y11)
	CLEAR256(Y12, Y13)
	CLEAR256(Y14, Y15)

step256:
	VMOVUPS (BX), Y0
	VMOVUPS 32(BX), Y1
	ROW256(0, Y2, Y4, Y5)
	ROW256(4, Y3, Y6, Y7)
	ROW256(8, Y2, Y8, Y9)
	ROW256(12, Y3, Y10, Y11)
	ROW256(16, Y2, Y12, Y13)
	ROW256(20, Y3, Y14, Y15)
	ADDQ $24, AX
	ADDQ $64, BX
	DECQ CX
	JNZ  step256

	CMPB add+40(FP), $0
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
